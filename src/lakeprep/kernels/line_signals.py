"""Signals counted on characters and lines: RULES.md sections 3, 5 and 7.

Two senses of a line: `splitlines()` for bullets, ellipses and javascript, ``split("\\n")`` without
blank ones for FineWeb's rules and the line lengths. One pass counts characters, another one stops
where a line ends or something looked for may be.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

from lakeprep.kernels import unicode as u
from lakeprep.kernels.arrow import longest
from lakeprep.kernels.blocks import code_points, equal_bytes, hash_bytes, points_and_feeds
from lakeprep.kernels.characters import (
    NO_BITS,
    TERMINAL,
    FlagTable,
    last_point,
    strip_end,
    strip_start,
)
from lakeprep.kernels.compiled import (
    BYTES,
    OFFSETS,
    U32_TABLE,
    U64_TABLE,
    helper,
    hot_helper,
    kernel,
)
from lakeprep.kernels.line_marks import (
    bare_address_ends,
    begins_with,
    ends_in_ellipsis,
    scheme_ends,
)
from lakeprep.kernels.ngrams import (
    PROBES,
    Int32Array,
    UInt64Array,
    clear,
    item,
    slot_of,
    table_slots,
)
from lakeprep.kernels.unicode import UnicodeTables
from lakeprep.kernels.utf8 import ByteArray, decode

Int64Array = npt.NDArray[np.int64]
FloatRows = npt.NDArray[np.float64]

# Rows of the kernel's result: counts of one document.
CODE_POINTS: Final = 0
UPPER: Final = 1
DIGITS: Final = 2
OTHERS: Final = 3  # neither letter, number, mark nor white space
SPACES: Final = 4
HAN: Final = 5
LATIN: Final = 6
BRACKETS: Final = 7
REPLACEMENTS: Final = 8
HASHES: Final = 9
ELLIPSES: Final = 10
NEWLINES: Final = 11
ADDRESSES: Final = 12
LOREM_IPSUM: Final = 13
CURLY: Final = 14
SPLIT_LINES: Final = 15
BULLET_LINES: Final = 16
ELLIPSIS_LINES: Final = 17
JAVASCRIPT_LINES: Final = 18
LINES: Final = 19
LINE_CODE_POINTS: Final = 20
TERMINAL_LINES: Final = 21
SHORT_LINES: Final = 22
REPEATED_CODE_POINTS: Final = 23
LINE_ROWS: Final = 24

SHORT_LINE: Final = 30  # code points, RULES.md section 5
ELLIPSIS: Final = 0x2026
BULLET: Final = 0x2022

NOT_OTHER: Final = np.uint32(u.WORD | u.SPACE)
UPPER_BIT, DIGIT_BIT, SPACE_BIT, LATIN_BIT, BRACKET_BIT, HAN_BIT = (
    bit.bit_length() - 1 for bit in (u.UPPER, u.DIGIT, u.SPACE, u.LATIN, u.BRACKET, u.HAN)
)
ONE: Final = np.uint32(1)

JAVASCRIPT: Final = np.frombuffer(b"javascript", dtype=np.uint8)
LOREM: Final = np.frombuffer(b"lorem ipsum", dtype=np.uint8)
# Bytes to look at: dots and colons, the first letter of "javascript", the rarest one of "lorem
# ipsum", and what line breaks begin with.
LOOK: Final = np.array(
    [b in b".:jJpP\n\v\f\r\x1c\x1d\x1e\xc2\xe2" for b in range(256)], dtype=np.uint8
)


def _fields() -> npt.NDArray[np.uint64]:
    """For each byte a number of which each byte is 1 if the ASCII character is, from the lowest on:
    upper case, a digit, white space, none of these (`OTHERS`), Latin, a bracket, ``#``, ``{``."""
    own = u.tables().flags[:128].astype(np.int64)
    hashes, curly = (np.arange(128) == ord(char) for char in "#{")
    other = own & (u.WORD | u.SPACE) == 0
    bits = [own & u.UPPER, own & u.DIGIT, own & u.SPACE, other, own & u.LATIN, own & u.BRACKET]
    found = np.zeros(256, dtype=np.uint64)
    for i, counts in enumerate([*bits, hashes, curly]):
        found[:128] |= (counts != 0).astype(np.uint64) << np.uint64(8 * i)
    found.setflags(write=False)
    return found


FIELDS: Final = _fields()


@hot_helper
def field(counts: np.uint64, number: int) -> int:
    """One byte of `FIELDS` added up."""
    return int(np.int64(counts >> np.uint64(8 * number) & np.uint64(0xFF)))


@hot_helper
def flag(own: np.uint32, bit: int) -> int:
    """1 if the flags have the bit 1 << `bit`."""
    return int(np.int64(own >> np.uint32(bit) & ONE))


@helper
def count_characters(
    data: ByteArray,
    at: int,
    end: int,
    flags: FlagTable,
    fields: UInt64Array,
    out: FloatRows,
    document: int,
) -> None:
    """Fills the rows of characters. Of ASCII eight counts are added at once, one a byte of a
    number, and taken out before one of them can overflow."""
    upper, digits, spaces, others, latin, brackets, hashes, curly = 0, 0, 0, 0, 0, 0, 0, 0
    han, ellipses, replacements = 0, 0, 0
    while at < end:
        stop, counts = min(at + 255, end), np.uint64(0)
        while at < stop and data[at] < 0x80:
            counts += fields[data[at]]
            at += 1
        upper += field(counts, 0)
        digits += field(counts, 1)
        spaces += field(counts, 2)
        others += field(counts, 3)
        latin += field(counts, 4)
        brackets += field(counts, 5)
        hashes += field(counts, 6)
        curly += field(counts, 7)
        while at < end and data[at] >= 0x80:
            point, at = decode(data, at, end)
            own = flags[point]
            upper += flag(own, UPPER_BIT)
            digits += flag(own, DIGIT_BIT)
            spaces += flag(own, SPACE_BIT)
            latin += flag(own, LATIN_BIT)
            brackets += flag(own, BRACKET_BIT)
            han += flag(own, HAN_BIT)
            others += (own & NOT_OTHER) == NO_BITS
            ellipses += point == ELLIPSIS
            replacements += point == 0xFFFD
    out[UPPER, document] = upper
    out[DIGITS, document] = digits
    out[SPACES, document] = spaces
    out[OTHERS, document] = others
    out[LATIN, document] = latin
    out[BRACKETS, document] = brackets
    out[HASHES, document] = hashes
    out[CURLY, document] = curly > 0
    out[HAN, document] = han
    out[ELLIPSES, document] = ellipses
    out[REPLACEMENTS, document] = replacements


@helper
def close_split_line(
    data: ByteArray, start: int, end: int, flags: FlagTable, out: FloatRows, document: int
) -> None:
    """Counts a line of splitlines()."""
    out[SPLIT_LINES, document] += 1
    start = strip_start(data, start, end, flags)
    if start == end:
        return
    first, _ = decode(data, start, end)
    if first == BULLET or first == 0x2D:
        out[BULLET_LINES, document] += 1
    if ends_in_ellipsis(data, start, strip_end(data, start, end, flags)):
        out[ELLIPSIS_LINES, document] += 1


@helper
def close_line(
    data: ByteArray,
    start: int,
    end: int,
    flags: FlagTable,
    kept: int,
    slots: int,
    table: Int32Array,
    begins: Int64Array,
    sizes: Int32Array,
    out: FloatRows,
    document: int,
) -> int:
    """Counts a line of ``split("\\n")``, unless it is blank. `kept` different ones are in the
    table; returns how many are then. `begins` are places in `data`."""
    if strip_start(data, start, end, flags) == end:
        return kept
    size, points = end - start, code_points(data, start, end)
    out[LINES, document] += 1
    out[LINE_CODE_POINTS, document] += points
    if (flags[last_point(data, start, end)[0]] & TERMINAL) != NO_BITS:
        out[TERMINAL_LINES, document] += 1
    if points <= SHORT_LINE:
        out[SHORT_LINES, document] += 1
    slot = slot_of(hash_bytes(data, start, size), slots)
    for _ in range(PROBES):
        other = item(table, slot) - 1
        if other < 0:
            table[slot] = kept + 1
            begins[kept] = start
            sizes[kept] = size
            return kept + 1
        if sizes[other] == size and equal_bytes(data, int(begins[other]), start, size):
            out[REPEATED_CODE_POINTS, document] += points
            break
        slot = (slot + 1) & (slots - 1)
    return kept


@hot_helper
def break_end(data: ByteArray, at: int, end: int) -> int:
    """Where the line break of splitlines() that begins at `at` ends; `at` if none does. The byte
    is one of LOOK."""
    byte = data[at]
    if byte <= 0x1E:
        return at + 1
    if byte == 0xC2:
        return at + 2 if at + 1 < end and data[at + 1] == 0x85 else at
    if byte != 0xE2 or at + 2 >= end or data[at + 1] != 0x80:
        return at
    return at + 3 if data[at + 2] == 0xA8 or data[at + 2] == 0xA9 else at


@helper
def count_document(
    data: ByteArray,
    start: int,
    end: int,
    flags: FlagTable,
    feeds: int,
    table: Int32Array,
    begins: Int64Array,
    sizes: Int32Array,
    out: FloatRows,
    document: int,
) -> None:
    """Fills the rows of lines, and of what is looked for. The text has `feeds` line feeds."""
    slots = table_slots(min(feeds, (end - start) // 2) + 1)
    clear(table, slots)
    line, split_line, kept, scripted, at = start, start, 0, False, start
    while at < end:
        byte = data[at]
        if not LOOK[byte]:
            at += 1
            continue
        after = break_end(data, at, end)
        if after > at:
            close_split_line(data, split_line, at, flags, out, document)
            out[JAVASCRIPT_LINES, document] += scripted
            scripted = False
            if byte == 0x0D and after < end and data[after] == 0x0A:
                at, byte, after = after, np.uint8(0x0A), after + 1  # "\r\n" breaks once
            if byte == 0x0A:
                kept = close_line(
                    data, line, at, flags, kept, slots, table, begins, sizes, out, document
                )
                line = after
            split_line = after
        elif byte == 0x2E:
            out[ADDRESSES, document] += bare_address_ends(data, start, at)
            after = at + 1
            while after < end and data[after] == 0x2E:
                after += 1
            out[ELLIPSES, document] += (after - at) // 3
        elif byte == 0x3A:
            out[ADDRESSES, document] += scheme_ends(data, start, at, end)
        elif (byte | 32) == 0x6A:
            scripted |= begins_with(data, at, end, JAVASCRIPT)
        elif (byte | 32) == 0x70 and at - 7 >= start and begins_with(data, at - 7, end, LOREM):
            out[LOREM_IPSUM, document] = 1
        at = max(after, at + 1)
    if split_line < end:
        close_split_line(data, split_line, end, flags, out, document)
        out[JAVASCRIPT_LINES, document] += scripted
    close_line(data, line, end, flags, kept, slots, table, begins, sizes, out, document)


@kernel(
    f"void({OFFSETS}, {BYTES}, {U32_TABLE}, {U64_TABLE}, int32[::1], int64[::1], int32[::1],"
    f"float64[:, ::1])"
)
def line_kernel(
    offsets: Int64Array,
    data: ByteArray,
    flags: FlagTable,
    fields: UInt64Array,
    table: Int32Array,
    begins: Int64Array,
    sizes: Int32Array,
    out: FloatRows,
) -> None:
    """Fills `out` (LINE_ROWS rows of zeros, one column a document); `table`, `begins` and `sizes`
    have room for the lines of the longest text."""
    for document in range(len(offsets) - 1):
        start, end = offsets[document], offsets[document + 1]
        points, feeds = points_and_feeds(data, start, end)
        out[CODE_POINTS, document] = points
        out[NEWLINES, document] = feeds
        count_characters(data, start, end, flags, fields, out, document)
        count_document(data, start, end, flags, feeds, table, begins, sizes, out, document)


def count_lines(offsets: Int64Array, data: ByteArray, tables: UnicodeTables) -> FloatRows:
    """What `line_kernel` counts, shape (LINE_ROWS, documents)."""
    out = np.zeros((LINE_ROWS, len(offsets) - 1), dtype=np.float64)
    lines = longest(offsets) // 2 + 1
    table = np.empty(max(16, 1 << (2 * lines - 1).bit_length()), dtype=np.int32)
    begins = np.empty(lines, dtype=np.int64)
    sizes = np.empty(lines, dtype=np.int32)
    line_kernel(offsets, data, tables.flags, FIELDS, table, begins, sizes, out)
    return out
