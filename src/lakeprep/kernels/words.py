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
from lakeprep.kernels.blocks import BLOCK, HIGH_BITS, LOW_SEVEN, load, load_first, stir
from lakeprep.kernels.characters import (
    ALONE,
    BYTE_CLASS,
    LETTER,
    LETTER_AND_DIGIT,
    LETTER_BYTE,
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
    run_end,
)
from lakeprep.kernels.chunks import is_closing_byte, odd_token
from lakeprep.kernels.compiled import BYTES, OFFSETS, U32_TABLE, helper, hot_helper, kernel
from lakeprep.kernels.utf8 import MIX_2, ByteArray, decode
from lakeprep.kernels.vectors import WINDOW, digits_at, letters_at, wide_at

Int64Array = npt.NDArray[np.int64]

# What a token is, as bits.
HAS_LETTER: Final = 1
HAS_OTHER_THAN_SYMBOL: Final = 2
IS_TERMINAL: Final = 4  # a single terminal mark
IS_PUNCTUATION: Final = 8  # nothing but punctuation
UNKNOWN: Final = -1  # not told yet

#: What has no capitals, or is no word: words are counted in lower case.
CASELESS: Final = np.uint32(u.IDEOGRAPH | u.SYMBOL)
#: What no word goes on behind, whatever follows.
ENDS_WORD: Final = np.uint32(u.SPACE | u.IDEOGRAPH | u.PARTING)
SMALL_FIRST: Final = np.uint64(0x20)
CANNOT: Final = np.uint64(int.from_bytes(b"cannot", "little"))
# What makes the upper bit of bytes from A, and from beyond Z.
FROM_A: Final = np.uint64(0x3F3F3F3F3F3F3F3F)
BEYOND_Z: Final = np.uint64(0x2525252525252525)


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
def is_cannot(data: ByteArray, start: int) -> bool:
    """Whether six letters are "cannot" or "Cannot", which are two tokens."""
    return bool(load_first(data, start, 6) | SMALL_FIRST == CANNOT)


@hot_helper
def is_plain(data: ByteArray, start: int, stop: int, end: int, seen: int) -> bool:
    """Whether the ASCII letters and digits up to `stop`, whose classes are `seen` together, are a
    token as they stand: white space follows, perhaps after marks that close."""
    size = stop - start
    if size == 0 or seen == LETTER_AND_DIGIT:
        return False
    if size == 6 and is_cannot(data, start):
        return False
    if stop == end or (BYTE_CLASS[data[np.uint64(stop)]] & SPACE_BYTE) != 0:
        return True
    if data[stop] == 0x2E and (stop + 1 == end or data[stop + 1] != 0x2E):
        # A single letter, a capital, an abbreviation may keep its dot.
        if size <= 2 or (BYTE_CLASS[data[stop - 1]] & UPPER_BYTE) != 0:
            return False
        first, second = BYTE_CLASS[data[start]], BYTE_CLASS[data[start + 1]]
        third = BYTE_CLASS[data[start + 2]]
        if size <= 4 and ((first | second | third) & UPPER_BYTE) != 0:
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
    cannot = at - start == 6 and is_cannot(data, start)
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
def lone_end(data: ByteArray, at: int, end: int, flags: FlagTable) -> tuple[int, int]:
    """Where the token of an ideograph ends, or of a mark beyond ASCII that is one whatever stands
    around it; `at` for another character. And its kind, where the token has no case and nothing
    is joined to it."""
    point, after = decode(data, at, end)
    own = flags[point]
    if (own & ALONE) == NO_BITS:
        return at, UNKNOWN
    stop = joined_end(data, after, end, flags)
    bare = stop == after and (own & CASELESS) != NO_BITS
    return stop, kind_of(own, own, 1) if bare else UNKNOWN


@hot_helper
def is_bare_han(data: ByteArray, at: int, end: int) -> bool:
    """Whether a letter from U+4E00 to U+9FBF stands at `at` to which nothing is joined, as what
    follows is ASCII or from U+4000 to U+9FFF: what most of Chinese is."""
    if at + 3 >= end:
        return False
    i = np.uint64(at)
    lead = np.int64(data[i]) << 8 | np.int64(data[i + np.uint64(1)])
    after = data[i + np.uint64(3)]
    return bool((0xE4B8 <= lead <= 0xE9BE) & ((after < 0x80) | (0xE4 <= after <= 0xE9)))


@hot_helper
def next_token(
    data: ByteArray, first: int, start: int, end: int, flags: FlagTable
) -> tuple[int, int, int, int]:
    """The next token at or after `start` of the text that begins at `first`: (begin, split, stop,
    kind). Two tokens where split < stop (a word and its contraction), else one; begin == stop
    where there is none. `start` is the begin of the text or the `stop` of another token. `kind`:
    that of a token of ASCII letters and digits, of one ASCII mark, or of one character without
    case (`lone_end`); UNKNOWN for another."""
    at = start
    while at < end and (BYTE_CLASS[data[np.uint64(at)]] & SPACE_BYTE) != 0:
        at += 1
    begin = at
    if is_bare_han(data, begin, end):
        return begin, begin + 3, begin + 3, HAS_LETTER + HAS_OTHER_THAN_SYMBOL
    at, seen = run_end(data, begin, end)
    if is_plain(data, begin, at, end, seen):
        return begin, at, at, HAS_OTHER_THAN_SYMBOL + ((seen & LETTER_BYTE) != 0) * HAS_LETTER
    if begin < end:
        stop, kind = begin, UNKNOWN
        if data[begin] >= 0x80:
            stop, kind = lone_end(data, begin, end, flags)
        elif at == begin:
            stop = plain_mark_end(data, first, begin, end)
            own = flags[data[begin]]
            kind = kind_of(own, own, 1)
        if stop == begin and at < end and data[at] >= 0x80:
            stop, kind = wide_word_end(data, begin, end, flags), UNKNOWN
        if stop > begin:
            return begin, stop, stop, kind
    begin, split, stop = odd_token(data, first, begin, end, flags)
    return begin, split, stop, UNKNOWN


@hot_helper
def begins_sentence(kind: int, sentences: int) -> bool:
    """Whether a token of this kind begins a sentence, where one may begin: at the start of a text
    and behind a terminal mark. All but the first begin with more than punctuation."""
    return sentences == 0 or (kind & IS_PUNCTUATION) == 0


@hot_helper
def unit_of(point: int) -> tuple[np.uint64, int]:
    """What a code point is in a token's hash, and how many bits that has: its UTF-8."""
    if point < 0x80:
        return np.uint64(point), 8
    last = 0x80 | (point & 0x3F)
    if point < 0x800:
        return np.uint64(0xC0 | point >> 6 | last << 8), 16
    middle = 0x80 | (point >> 6 & 0x3F)
    if point < 0x10000:
        return np.uint64(0xE0 | point >> 12 | middle << 8 | last << 16), 24
    upper = 0x80 | (point >> 12 & 0x3F)
    return np.uint64(0xF0 | point >> 18 | upper << 8 | middle << 16 | last << 24), 32


@hot_helper
def finished(value: np.uint64, block: np.uint64, size: int) -> np.uint64:
    """The hash of a token, from that of all blocks before its last one, which is `block`."""
    return (stir(value ^ block) ^ np.uint64(size)) * MIX_2


@hot_helper
def lowered(block: np.uint64) -> np.uint64:
    """A block with its ASCII capitals made small."""
    bytes_of_ascii = block & LOW_SEVEN
    from_a, beyond_z = bytes_of_ascii + FROM_A, bytes_of_ascii + BEYOND_Z
    return block | (from_a & ~beyond_z & ~block & HIGH_BITS) >> np.uint64(2)


@hot_helper
def ascii_hash(data: ByteArray, start: int, size: int) -> np.uint64:
    """`measure`'s hash of ASCII."""
    value, at = np.uint64(0), start
    while start + size - at > BLOCK:
        value = stir(value ^ lowered(load(data, at)))
        at += BLOCK
    return finished(value, lowered(load_first(data, at, start + size - at)), size)


@hot_helper
def ascii_kind(data: ByteArray, start: int, stop: int) -> int:
    """The kind of a token of ASCII with a letter or digit; UNKNOWN for another."""
    if stop + WINDOW > len(data):
        return UNKNOWN
    letters, digits, wide = 0, 0, 0
    for at in range(start, stop, WINDOW):
        run = (1 << min(WINDOW, stop - at)) - 1
        letters |= letters_at(data, at) & run
        digits |= digits_at(data, at) & run
        wide |= wide_at(data, at) & run
    if wide != 0 or (letters | digits) == 0:
        return UNKNOWN
    return HAS_OTHER_THAN_SYMBOL + (letters != 0) * HAS_LETTER


@helper
def measure(
    data: ByteArray, start: int, end: int, flags: FlagTable, lower: npt.NDArray[np.int32]
) -> tuple[int, int, np.uint64]:
    """A token's code points, its kind (bits above), and a hash of it in lower case, code point by
    code point: of the UTF-8 of that, eight bytes a step."""
    points, size, filled = 0, 0, 0
    seen, common = NO_BITS, ~NO_BITS
    value, block = np.uint64(0), np.uint64(0)
    at = start
    while at < end:
        point, at = decode(data, at, end)
        seen |= flags[point]
        common &= flags[point]
        points += 1
        unit, bits = unit_of(int(np.int64(lower[point])))
        if filled == 64:
            value = stir(value ^ block)
            block, filled = np.uint64(0), 0
        block |= unit << np.uint64(filled)
        filled += bits
        if filled > 64:
            value = stir(value ^ block)
            filled -= 64
            block = unit >> np.uint64(bits - filled)
        size += bits >> 3
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
