"""Our words (RULES.md section 1): one segmentation for all languages, and what is counted on it.

A letter or mark of Han, Kana or Thai is a token of its own. Everything else between white space is
a chunk, and is parted as the reference's English tokenizer parts it (docs/agreement.md):

- marks that stand at a chunk's begin (`opens`) or at its end (`closes`) are tokens of their own;
- what lies between is one token, but for the marks that part it (`parts`): ``-`` and ``/`` before
  a letter, ``.`` between small and capital, symbols and pictures, punctuation of other scripts.
  Other marks stay inside: text](http, a|b;
- an address (`address_end`) is not parted;
- English contractions are split off the end (do|n't, it|'s), and units after digits (10|km); a dot
  after a letter that stands alone stays (J. U.S. e.g.), so it does on common abbreviations;
- runs of dots or of hyphens are one token.

What part of a chunk a mark stands in is told from the characters around it alone, so that
`next_token` needs no state. Marks (Mn, Mc) and format characters belong to what stands before
them. A zero-width space only separates.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

from lakeprep.kernels import unicode as u
from lakeprep.kernels.blocks import BLOCK, load, load_first, stir
from lakeprep.kernels.characters import (
    ALONE,
    BYTE_CLASS,
    LETTER,
    LETTER_AND_DIGIT,
    NO_BITS,
    PREFIX_BYTE,
    PUNCTUATION,
    SPACE_BYTE,
    SYMBOL,
    TERMINAL,
    UPPER,
    UPPER_BYTE,
    WORD_BYTE,
    ZERO_WIDTH_SPACE,
    FlagTable,
    is_word,
    joined_end,
)
from lakeprep.kernels.chunks import is_closing_byte, odd_token
from lakeprep.kernels.compiled import BYTES, OFFSETS, U32_TABLE, helper, hot_helper, kernel
from lakeprep.kernels.utf8 import ByteArray, decode, mix

Int64Array = npt.NDArray[np.int64]

# What a token is, as bits.
HAS_LETTER: Final = 1
HAS_OTHER_THAN_SYMBOL: Final = 2
IS_TERMINAL: Final = 4  # a single terminal mark
IS_PUNCTUATION: Final = 8  # nothing but punctuation

#: What no word goes on behind, whatever follows.
ENDS_WORD: Final = np.uint32(u.SPACE | u.IDEOGRAPH | u.PARTING)
SMALL_LETTERS: Final = np.uint64(0x2020202020202020)


@hot_helper
def closers_end(data: ByteArray, at: int, end: int) -> int:
    """Where the dots and other marks end that may close a chunk: those of ASCII and the upper
    double quotation marks."""
    while at < end:
        if is_closing_byte(data[at]):
            at += 1
        elif (
            data[at] == 0xE2 and at + 2 < end and data[at + 1] == 0x80 and data[at + 2] | 1 == 0x9D
        ):
            at += 3
        else:
            break
    return at


@hot_helper
def is_plain(data: ByteArray, start: int, stop: int, end: int, seen: int) -> bool:
    """Whether the ASCII letters and digits up to `stop`, whose classes are `seen` together, are a
    token as they stand: white space follows, perhaps after marks that close."""
    size = stop - start
    if size == 0 or (seen & LETTER_AND_DIGIT) == LETTER_AND_DIGIT:
        return False
    if size == 6 and data[start + 3] == 0x6E:  # cannot
        return False
    if stop == end or (BYTE_CLASS[data[stop]] & SPACE_BYTE) != 0:
        return True
    if data[stop] == 0x2E and (stop + 1 == end or data[stop + 1] != 0x2E):
        # A single letter, a capital, an abbreviation may keep its dot.
        if size <= 4 and (size <= 2 or (seen & UPPER_BYTE) != 0):
            return False
        if (BYTE_CLASS[data[stop - 1]] & UPPER_BYTE) != 0:
            return False
    after = closers_end(data, stop, end)
    return after == end or (BYTE_CLASS[data[after]] & SPACE_BYTE) != 0


@helper
def wide_word_end(data: ByteArray, start: int, end: int, flags: FlagTable) -> int:
    """`is_plain` for words with letters beyond ASCII or right before such: where the word ends;
    `start` for what is none."""
    at, points, seen, wide = start, 0, 0, False
    last, own = NO_BITS, NO_BITS
    while at < end:
        point, after = decode(data, at, end)
        own = flags[point]
        if not is_word(own) or point == ZERO_WIDTH_SPACE:
            break
        seen |= BYTE_CLASS[data[at]]
        wide |= point >= 0x80
        points += 1
        last = own
        at = after
    cannot = at - start == 6 and data[start + 3] == 0x6E
    if cannot or (seen & LETTER_AND_DIGIT) == LETTER_AND_DIGIT:
        return start
    if at == end or (own & ENDS_WORD) != NO_BITS:
        return at
    if not wide:
        return start
    dot = data[at] == 0x2E and (at + 1 == end or data[at + 1] != 0x2E)
    if dot and (points < 2 or (last & UPPER) != NO_BITS):
        return start
    after = closers_end(data, at, end)
    return at if after == end or (BYTE_CLASS[data[after]] & SPACE_BYTE) != 0 else start


@hot_helper
def plain_mark_end(data: ByteArray, first: int, at: int, end: int) -> int:
    """Where the token ends of an ASCII mark after ASCII, if it is one byte whatever else stands
    around it; `at` where that is not sure."""
    byte = data[at]
    before = np.uint8(0x20) if at == first else data[at - 1]
    if before >= 0x80 or (BYTE_CLASS[byte] & PREFIX_BYTE) | (BYTE_CLASS[before] & WORD_BYTE) == 0:
        return at
    if at + 1 == end:
        return end
    after = data[at + 1]
    if after >= 0x80:
        return at
    if (BYTE_CLASS[after] & (SPACE_BYTE | WORD_BYTE)) != 0:
        return at if byte == 0x27 and (after | 32) == 0x73 else at + 1  # 's
    # Runs of dots and hyphens; what may be an emoticon.
    alike = after == byte and (byte == 0x2D or byte == 0x2E)
    eyes = byte == 0x28 or byte == 0x29 or byte == 0x3A or byte == 0x3B
    face = eyes and (0x28 <= after <= 0x2A or after == 0x3A or after == 0x3B)
    return at if alike or face else at + 1


@hot_helper
def lone_end(data: ByteArray, at: int, end: int, flags: FlagTable) -> int:
    """Where the token of an ideograph ends, or of a mark beyond ASCII that is one whatever stands
    around it; `at` for another character."""
    point, after = decode(data, at, end)
    if (flags[point] & ALONE) == NO_BITS:
        return at
    return joined_end(data, after, end, flags)


@hot_helper
def next_token(
    data: ByteArray, first: int, start: int, end: int, flags: FlagTable
) -> tuple[int, int, int, int]:
    """The next token at or after `start` of the text that begins at `first`: (begin, split, stop,
    seen). Two tokens where split < stop (a word and its contraction), else one; begin == stop
    where there is none. `start` is the begin of the text or the `stop` of another token. `seen`:
    the classes of the bytes of a token of ASCII letters and digits, 0 for another."""
    at = start
    while at < end and (BYTE_CLASS[data[at]] & SPACE_BYTE) != 0:
        at += 1
    begin, seen = at, 0
    while at < end and (BYTE_CLASS[data[at]] & WORD_BYTE) != 0:
        seen |= BYTE_CLASS[data[at]]
        at += 1
    if is_plain(data, begin, at, end, seen):
        return begin, at, at, seen
    if begin < end:
        stop = begin
        if data[begin] >= 0x80:
            stop = lone_end(data, begin, end, flags)
        elif at == begin:
            stop = plain_mark_end(data, first, begin, end)
        if stop == begin and at < end and data[at] >= 0x80:
            stop = wide_word_end(data, begin, end, flags)
        if stop > begin:
            return begin, stop, stop, 0
    begin, split, stop = odd_token(data, first, begin, end, flags)
    return begin, split, stop, 0


@hot_helper
def kind_of(seen: np.uint32, common: np.uint32, points: int) -> int:
    """The kind of a token by the flags that any and that all of its code points have."""
    kind = 0
    if (seen & LETTER) != NO_BITS:
        kind |= HAS_LETTER
    if (common & SYMBOL) == NO_BITS:
        kind |= HAS_OTHER_THAN_SYMBOL
    if points == 1 and (seen & TERMINAL) != NO_BITS:
        kind |= IS_TERMINAL
    if (common & PUNCTUATION) != NO_BITS:
        kind |= IS_PUNCTUATION
    return kind


@hot_helper
def begins_sentence(kind: int, sentences: int) -> bool:
    """Whether a token of this kind begins a sentence, where one may begin: at the start of a text
    and behind a terminal mark. All but the first begin with more than punctuation."""
    return sentences == 0 or (kind & IS_PUNCTUATION) == 0


@hot_helper
def unit_of(point: int) -> tuple[np.uint64, int]:
    """What a code point is in a token's hash, and its bytes: itself in ASCII, else three bytes of
    which the last is above 127."""
    if point < 0x80:
        return np.uint64(point), 1
    return np.uint64(0x800000 | point), 3


@hot_helper
def finished(value: np.uint64, block: np.uint64, size: int) -> np.uint64:
    """The hash of a token, from that of all blocks before its last one, which is `block`."""
    return mix(stir(value ^ block) ^ np.uint64(size))


@hot_helper
def word_hash(data: ByteArray, start: int, size: int) -> np.uint64:
    """`measure`'s hash of ASCII letters and digits: one bit makes letters small."""
    value, at = np.uint64(0), start
    while start + size - at > BLOCK:
        value = stir(value ^ (load(data, at) | SMALL_LETTERS))
        at += BLOCK
    rest = start + size - at
    block = load_first(data, at, rest) | (SMALL_LETTERS >> np.uint64(8 * (BLOCK - rest)))
    return finished(value, block, size)


@helper
def measure(
    data: ByteArray, start: int, end: int, flags: FlagTable, lower: npt.NDArray[np.int32]
) -> tuple[int, int, np.uint64]:
    """A token's code points, its kind (bits above), and a hash of it in lower case, code point by
    code point (`unit_of`), eight bytes a step."""
    points, size, filled = 0, 0, 0
    seen, common = NO_BITS, ~NO_BITS
    value, block = np.uint64(0), np.uint64(0)
    at = start
    while at < end:
        point, at = decode(data, at, end)
        seen |= flags[point]
        common &= flags[point]
        points += 1
        unit, width = unit_of(int(np.int64(lower[point])))
        for _ in range(width):
            if filled == 64:
                value = stir(value ^ block)
                block, filled = np.uint64(0), 0
            block |= (unit & np.uint64(0xFF)) << np.uint64(filled)
            unit >>= np.uint64(8)
            filled += 8
        size += width
    return points, kind_of(seen, common, points), finished(value, block, size)


@kernel(f"int64({OFFSETS}, {BYTES}, {U32_TABLE}, int64[::1], int64[::1])")
def bounds_kernel(
    offsets: Int64Array, data: ByteArray, flags: FlagTable, first: Int64Array, bounds: Int64Array
) -> int:
    """Fills `first` and `bounds` (see `token_bounds`), which has two places a byte; returns how
    many of them it has filled."""
    filled = 0
    for document in range(len(offsets) - 1):
        at, end = offsets[document], offsets[document + 1]
        while at < end:
            begin, split, at, _ = next_token(data, offsets[document], at, end, flags)
            if split > begin:
                bounds[filled] = begin
                bounds[filled + 1] = split
                filled += 2
            if at > split:
                bounds[filled] = split
                bounds[filled + 1] = at
                filled += 2
        first[document + 1] = filled // 2
    return filled


def token_bounds(
    offsets: Int64Array, data: ByteArray, flags: FlagTable
) -> tuple[Int64Array, Int64Array]:
    """All tokens of all documents: counts a document (n + 1, cumulative), and (begin, end) byte
    offsets one after another. For tests and for callers that want the words themselves."""
    first = np.zeros(len(offsets), dtype=np.int64)
    # Pages of memory that are not written to are not there.
    bounds = np.empty(2 * int(offsets[-1] - offsets[0]), dtype=np.int64)
    filled = bounds_kernel(offsets, data, flags, first, bounds)
    return first, bounds[:filled].copy()
