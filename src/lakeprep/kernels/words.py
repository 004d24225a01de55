"""Our words (RULES.md section 1): one segmentation for all languages, and what is counted on it.

A token is, from left to right,

- an address: ``http://``, ``https://`` or ``www.`` (any case), then printable ASCII but ``< > "``,
  without closing punctuation at its end;
- one letter or mark of Han, Kana or Thai;
- a run of letters, numbers, marks and format characters (zero-width joiners, soft hyphens). One
  ASCII character, or a typographic apostrophe or dash, between two of them joins them as it does
  in the reference for English (`joins`). English contractions are split off the end (do|n't,
  it|'s), and a dot after a single capital stays (J. U.S.);
- the same after one of ``/ - @ ~ \\ = + | .`` that white space precedes (/usr, -f, .txt);
- a run of dots or of hyphens;
- any other code point that is not white space.

Marks and format characters belong to what stands before them. A zero-width space only separates.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

from lakeprep.kernels import unicode as u
from lakeprep.kernels.compiled import BYTES, OFFSETS, U32_TABLE, helper, hot_helper, kernel
from lakeprep.kernels.utf8 import FNV_OFFSET, FNV_PRIME, ByteArray, byte_at, decode, mix

FlagTable = npt.NDArray[np.uint32]

# What `measure` finds out about a token, as bits.
HAS_LETTER: Final = 1
HAS_OTHER_THAN_SYMBOL: Final = 2
IS_TERMINAL: Final = 4  # a single terminal mark
IS_PUNCTUATION: Final = 8  # nothing but punctuation

ZERO_WIDTH_SPACE: Final = 0x200B
APOSTROPHE: Final = 0x2019
EN_DASH: Final = 0x2013
EM_DASH: Final = 0x2014

WORD_OR_JOINED: Final = np.uint32(u.WORD | u.JOINED)
IDEOGRAPH: Final = np.uint32(u.IDEOGRAPH)
JOINED: Final = np.uint32(u.JOINED)
SPACE: Final = np.uint32(u.SPACE)
LETTER: Final = np.uint32(u.LETTER)
DIGIT: Final = np.uint32(u.NUMBER)
UPPER: Final = np.uint32(u.UPPER)
SYMBOL: Final = np.uint32(u.SYMBOL)
TERMINAL: Final = np.uint32(u.TERMINAL)
PUNCTUATION: Final = np.uint32(u.PUNCTUATION)
NO_BITS: Final = np.uint32(0)


@helper
def joins(point: int, before: np.uint32, after: np.uint32) -> bool:
    """Whether the character `point` between two characters of a word, given their flags, keeps
    them in one word. These are the infix rules of the reference's English tokenizer: dot, comma,
    hyphen, ``: / < > =`` and arithmetic signs part some pairs of letters and digits; white space,
    ellipses and pictures part all; the rest of ASCII parts none."""
    letter_before = bool((before & LETTER) != NO_BITS)
    letter_after = bool((after & LETTER) != NO_BITS)
    if point == 0x27 or point == APOSTROPHE:
        return True
    if point == 0x2E:  # sentence.Next but not 3.14, U.S or example.com
        small_before = letter_before and (before & UPPER) == NO_BITS
        return not (small_before and bool((after & UPPER) != NO_BITS))
    if point == 0x2C:
        return not (letter_before and letter_after)
    if point == 0x2D or point in (EN_DASH, EM_DASH) or point == 0x7E:
        if letter_after:
            return False
        return letter_before or point != 0x2D
    if point == 0x2B or point == 0x2A or point == 0x5E:
        return letter_before or letter_after
    if point == 0x3A or point == 0x2F or (0x3C <= point <= 0x3E):
        return not letter_after
    return 0x21 <= point < 0x7F


@helper
def address_end(data: ByteArray, start: int, end: int) -> int:
    """Where the address that begins at `start` ends, or `start` if none begins there."""
    at = start
    if end - start < 5:
        return start
    if (data[at] | 32) == 0x77:  # w
        if (data[at + 1] | 32) != 0x77 or (data[at + 2] | 32) != 0x77 or data[at + 3] != 0x2E:
            return start
        at += 4
    elif (data[at] | 32) == 0x68:  # h
        if end - start < 8 or (data[at + 1] | 32) != 0x74 or (data[at + 2] | 32) != 0x74:
            return start
        if (data[at + 3] | 32) != 0x70:
            return start
        at += 5 if (data[at + 4] | 32) == 0x73 else 4
        if data[at] != 0x3A or data[at + 1] != 0x2F or data[at + 2] != 0x2F:
            return start
        at += 3
    else:
        return start
    body = at
    while at < end:
        byte = data[at]
        if byte <= 0x20 or byte >= 0x7F or byte == 0x22 or byte == 0x3C or byte == 0x3E:
            break
        at += 1
    while at > body:
        byte = data[at - 1]
        # ! ' ( ) * , . : ; ? [ ] _ { | } ~
        closing = byte == 0x21 or (0x27 <= byte <= 0x2A) or byte == 0x2C or byte == 0x2E
        closing = closing or byte == 0x3A or byte == 0x3B or byte == 0x3F or byte == 0x5B
        closing = closing or byte == 0x5D or byte == 0x5F or byte >= 0x7B
        if not closing:
            break
        at -= 1
    return at if at > body else start


@helper
def contraction(data: ByteArray, start: int, end: int) -> int:
    """Where the contraction at the end of a word begins (n't, 's 'm 'd, 're 've 'll, with either
    apostrophe, in any case); `end` if it has none."""
    for letters in range(1, 3):
        if end - start < letters + 2:
            return end
        quote = end - letters - 1
        if data[quote] != 0x27:
            quote = end - letters - 3
            if quote <= start or data[quote] != 0xE2:
                continue
            if data[quote + 1] != 0x80 or data[quote + 2] != 0x99:
                continue
        last = data[end - 1] | 32
        if letters == 1:
            if last == 0x73 or last == 0x6D or last == 0x64:
                return quote
            if last == 0x74 and (data[quote - 1] | 32) == 0x6E and quote - 1 > start:
                return quote - 1
        else:
            first = data[end - 2] | 32
            if last == 0x65 and (first == 0x72 or first == 0x76):
                return quote
            if last == 0x6C and first == 0x6C:
                return quote
    return end


@hot_helper
def word_end(data: ByteArray, start: int, end: int, flags: FlagTable) -> tuple[int, int]:
    """Where the run of word characters from `start` ends, and where its contraction begins (the
    same place if it has none)."""
    at = start
    quoted = False
    last = NO_BITS
    before_last = NO_BITS
    while at < end:
        own = flags[data[at]]
        if data[at] < 0x80 and (own & WORD_OR_JOINED) != NO_BITS:
            at += 1
            before_last = last
            last = own
            continue
        point, after = decode(data, at, end)
        own = flags[point]
        if (own & WORD_OR_JOINED) != NO_BITS and (own & IDEOGRAPH) == NO_BITS:
            at = after
            if (own & JOINED) == NO_BITS:
                before_last = last
                last = own
            continue
        if after < end and last != NO_BITS:
            inner, behind = decode(data, after, end)
            other = flags[inner]
            if (
                (other & WORD_OR_JOINED) != NO_BITS
                and (other & (IDEOGRAPH | JOINED)) == NO_BITS
                and joins(point, last, other)
            ):
                quoted |= point == 0x27 or point == APOSTROPHE
                before_last = NO_BITS
                last = other
                at = behind
                continue
        if point == 0x2E and (last & UPPER) != NO_BITS and (before_last & UPPER) == NO_BITS:
            return at + 1, at + 1
        break
    return at, contraction(data, start, at) if quoted else at


@helper
def leads(point: int) -> bool:
    """Whether the reference leaves the character on the word that it leads."""
    return point in (0x2F, 0x2D, 0x40, 0x7E, 0x5C, 0x3D, 0x2B, 0x7C, 0x2E)


@hot_helper
def next_token(
    data: ByteArray, first: int, start: int, end: int, flags: FlagTable
) -> tuple[int, int, int]:
    """The next token at or after `start` of the text that begins at `first`: (begin, split, stop).
    Two tokens where split < stop (a word and its contraction), else one; begin == stop where
    there is none."""
    at = start
    while at < end:
        point, after = decode(data, at, end)
        own = flags[point]
        if (own & SPACE) != NO_BITS or point == ZERO_WIDTH_SPACE:
            at = after
            continue
        if (own & IDEOGRAPH) == NO_BITS and (own & WORD_OR_JOINED) != NO_BITS:
            if point == 0x68 or point == 0x77 or point == 0x48 or point == 0x57:
                stop = address_end(data, at, end)
                if stop > at:
                    return at, stop, stop
            stop, split = word_end(data, at, end, flags)
            return at, split, stop
        if after < end and (at > start or at == first) and leads(point):
            inner, _ = decode(data, after, end)
            if (flags[inner] & WORD_OR_JOINED) != NO_BITS and (
                flags[inner] & (IDEOGRAPH | JOINED)
            ) == NO_BITS:
                stop, split = word_end(data, after, end, flags)
                return at, split, stop
        stop = after
        if point == 0x2E or point == 0x2D:
            while stop < end and data[stop] == point:
                stop += 1
        while stop < end and data[stop] >= 0xC0:
            point, after = decode(data, stop, end)
            if (flags[point] & JOINED) == NO_BITS:
                break
            stop = after
        return at, stop, stop
    return end, end, end


@hot_helper
def measure(
    data: ByteArray, start: int, end: int, flags: FlagTable, lower: npt.NDArray[np.int32]
) -> tuple[int, int, np.uint64]:
    """A token's code points, its kind (bits above), and a hash of it in lower case: FNV-1a over
    its code points, 32 bits a step, then `mix`."""
    points = 0
    seen = NO_BITS
    common = ~NO_BITS
    folded = FNV_OFFSET
    at = start
    while at < end:
        point = byte_at(data, at)
        after = at + 1
        if point >= 0x80:
            point, after = decode(data, at, end)
        own = flags[point]
        seen |= own
        common &= own
        points += 1
        folded = (folded ^ np.uint64(lower[point])) * FNV_PRIME
        at = after
    kind = 0
    if (seen & LETTER) != NO_BITS:
        kind |= HAS_LETTER
    if (common & SYMBOL) == NO_BITS:
        kind |= HAS_OTHER_THAN_SYMBOL
    if points == 1 and (seen & TERMINAL) != NO_BITS:
        kind |= IS_TERMINAL
    if (common & PUNCTUATION) != NO_BITS:
        kind |= IS_PUNCTUATION
    return points, kind, mix(folded)


@kernel(f"Tuple((int64[::1], int64[::1]))({OFFSETS}, {BYTES}, {U32_TABLE})")
def token_bounds(
    offsets: npt.NDArray[np.int64], data: ByteArray, flags: FlagTable
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """All tokens of all documents: counts a document (n + 1, cumulative), and (begin, end) byte
    offsets one after another. For tests and for callers that want the words themselves."""
    documents = len(offsets) - 1
    first = np.zeros(documents + 1, dtype=np.int64)
    bounds = np.empty(1024, dtype=np.int64)
    filled = 0
    for document in range(documents):
        at, end = offsets[document], offsets[document + 1]
        while at < end:
            begin, split, stop = next_token(data, offsets[document], at, end, flags)
            if filled + 4 > len(bounds):
                grown = np.empty(2 * len(bounds), dtype=np.int64)
                grown[:filled] = bounds[:filled]
                bounds = grown
            if split > begin:
                bounds[filled] = begin
                bounds[filled + 1] = split
                filled += 2
            if stop > split:
                bounds[filled] = split
                bounds[filled + 1] = stop
                filled += 2
            at = stop
        first[document + 1] = filled // 2
    return first, bounds[:filled].copy()
