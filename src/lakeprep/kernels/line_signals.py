"""Signals counted on characters and lines: RULES.md sections 3, 5 and 7.

Two senses of a line, in one pass over the text: `splitlines()` for bullets, ellipses and
javascript, ``split("\\n")`` without blank ones for FineWeb's rules and the line lengths.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

from lakeprep.kernels import unicode as u
from lakeprep.kernels.compiled import BYTES, OFFSETS, U32_TABLE, helper, hot_helper, kernel
from lakeprep.kernels.unicode import UnicodeTables
from lakeprep.kernels.utf8 import FNV_OFFSET, FNV_PRIME, ByteArray, byte_at, decode, mix, same_bytes

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
PROBES: Final = 256

SPACE: Final = np.uint32(u.SPACE)
TERMINAL: Final = np.uint32(u.TERMINAL)
LINE_BREAK: Final = np.uint32(u.LINE_BREAK)
UPPER_BIT: Final = np.uint32(u.UPPER)
DIGIT_BIT: Final = np.uint32(u.DIGIT)
HAN_BIT: Final = np.uint32(u.HAN)
LATIN_BIT: Final = np.uint32(u.LATIN)
BRACKET_BIT: Final = np.uint32(u.BRACKET)
NOT_OTHER: Final = np.uint32(u.WORD | u.SPACE)
NO_BITS: Final = np.uint32(0)

JAVASCRIPT: Final = np.frombuffer(b"javascript", dtype=np.uint8)
LOREM: Final = np.frombuffer(b"lorem ipsum", dtype=np.uint8)
# Bytes that need no look: printable ASCII but `. :` and the first letters of what is looked for.
PLAIN: Final = np.array([32 < b < 127 and b not in b".:wWjJlL" for b in range(256)], np.uint8)


@helper
def begins_with(data: ByteArray, at: int, end: int, word: ByteArray) -> bool:
    """Whether lower-case ASCII `word` stands at `at`, in any case."""
    if end - at < len(word):
        return False
    for i in range(len(word)):
        byte = data[at + i]
        if 0x41 <= byte <= 0x5A:
            byte |= np.uint8(32)
        if byte != word[i]:
            return False
    return True


@helper
def scheme_ends(data: ByteArray, start: int, at: int, end: int) -> bool:
    """Whether the colon at `at` is that of ``http://`` or ``https://``."""
    if end - at < 3 or data[at + 1] != 0x2F or data[at + 2] != 0x2F:
        return False
    last = at - 1
    if last >= start and (data[last] | 32) == 0x73:
        last -= 1
    if last - 3 < start:
        return False
    return bool(
        (data[last] | 32) == 0x70
        and (data[last - 1] | 32) == 0x74
        and (data[last - 2] | 32) == 0x74
        and (data[last - 3] | 32) == 0x68
    )


@helper
def bare_address_begins(data: ByteArray, start: int, at: int, end: int) -> bool:
    """Whether ``www.`` stands at `at`, not after ``/ . @ - _`` or an ASCII letter or digit."""
    if end - at < 4 or (data[at + 1] | 32) != 0x77 or (data[at + 2] | 32) != 0x77:
        return False
    if data[at + 3] != 0x2E:
        return False
    if at == start:
        return True
    before = data[at - 1]
    if 0x2D <= before <= 0x39 or before == 0x40 or before == 0x5F:
        return False
    before |= np.uint8(32)
    return not (0x61 <= before <= 0x7A)


@helper
def ends_in_ellipsis(data: ByteArray, start: int, end: int) -> bool:
    """Whether the bytes end in three dots or U+2026."""
    if end - start < 3:
        return False
    if data[end - 1] == 0x2E:
        return bool(data[end - 2] == 0x2E and data[end - 3] == 0x2E)
    return bool(data[end - 1] == 0xA6 and data[end - 2] == 0x80 and data[end - 3] == 0xE2)


@hot_helper
def seen_before(
    data: ByteArray,
    start: int,
    size: int,
    key: np.uint64,
    document: int,
    slots: int,
    table_start: Int64Array,
    table_size: Int64Array,
    table_document: Int64Array,
) -> bool:
    """Whether the same bytes were put into the document's part of the table before; puts them."""
    slot = np.int64(key & np.uint64(slots - 1))
    for _ in range(PROBES):
        if table_document[slot] != document:
            table_document[slot] = document
            table_start[slot] = start
            table_size[slot] = size
            return False
        if table_size[slot] == size and same_bytes(data, table_start[slot], start, size):
            return True
        slot = (slot + 1) & (slots - 1)
    return False


@helper
def newlines(data: ByteArray, start: int, end: int) -> int:
    """Line feeds among the bytes."""
    count = 0
    for at in range(start, end):
        count += data[at] == 0x0A
    return count


@helper
def add_ascii(seen: Int64Array, flags: npt.NDArray[np.uint32], out: FloatRows, column: int) -> None:
    """Adds the counts of each ASCII character to the character rows, and clears them."""
    for point in range(128):
        times = seen[point]
        if times:
            seen[point] = 0
            add_character(flags[point], times, out, column)


@helper
def add_character(own: np.uint32, times: int, out: FloatRows, column: int) -> None:
    """Adds one character's flags to the character rows."""
    if (own & UPPER_BIT) != NO_BITS:
        out[UPPER, column] += times
    if (own & DIGIT_BIT) != NO_BITS:
        out[DIGITS, column] += times
    if (own & SPACE) != NO_BITS:
        out[SPACES, column] += times
    if (own & NOT_OTHER) == NO_BITS:
        out[OTHERS, column] += times
    if (own & HAN_BIT) != NO_BITS:
        out[HAN, column] += times
    if (own & LATIN_BIT) != NO_BITS:
        out[LATIN, column] += times
    if (own & BRACKET_BIT) != NO_BITS:
        out[BRACKETS, column] += times


@kernel(f"void({OFFSETS}, {BYTES}, {U32_TABLE}, {BYTES}, {BYTES}, {BYTES}, int64, float64[:, ::1])")
def line_kernel(
    offsets: Int64Array,
    data: ByteArray,
    flags: npt.NDArray[np.uint32],
    plain: ByteArray,
    javascript: ByteArray,
    lorem: ByteArray,
    most_lines: int,
    out: FloatRows,
) -> None:
    """Fills `out` (LINE_ROWS rows of zeros, one column a document). `most_lines` bounds the line
    feeds of one document and sizes the table of lines."""
    capacity = 16
    while capacity < 2 * (most_lines + 1):
        capacity *= 2
    table_start = np.empty(capacity, dtype=np.int64)
    table_size = np.empty(capacity, dtype=np.int64)
    table_document = np.zeros(capacity, dtype=np.int64)
    seen = np.zeros(128, dtype=np.int64)
    for document in range(len(offsets) - 1):
        start, end = offsets[document], offsets[document + 1]
        stamp = document + 1
        feeds = newlines(data, start, end)
        slots = 16
        while slots < 2 * (feeds + 1):
            slots *= 2
        points, ellipses, dots = 0, 0, 0
        # Of the line in the sense of split("\n"): where it began, its hash, is it blank.
        line_start, line_points, key, filled, last = start, 0, FNV_OFFSET, False, NO_BITS
        # Of the line in the sense of splitlines(): its first and last character that is no space.
        text_start, first, text_end, scripted, open_line = start, 0, start, False, False
        at = start
        # One step beyond the text closes the last line of both senses.
        while True:
            # Most of a text: characters that are no space and begin nothing to look for.
            run = at
            while at < end and plain[data[at]]:
                seen[data[at]] += 1
                key = (key ^ np.uint64(data[at])) * FNV_PRIME
                at += 1
            if at > run:
                points += at - run
                line_points += at - run
                filled, open_line, dots = True, True, 0
                last = flags[data[at - 1]]
                text_end = at
                if first == 0:
                    first = byte_at(data, run)
            if at < end:
                point, after = decode(data, at, end)
                own = flags[point]
                if point < 128:
                    seen[point] += 1
                else:
                    add_character(own, 1, out, document)
                points += 1
            else:
                point, after, own = 0, end, NO_BITS
            if at == end or (own & LINE_BREAK) != NO_BITS:
                if open_line or at < end:
                    out[SPLIT_LINES, document] += 1
                    if first == BULLET or first == 0x2D:
                        out[BULLET_LINES, document] += 1
                    if ends_in_ellipsis(data, text_start, text_end):
                        out[ELLIPSIS_LINES, document] += 1
                    if scripted:
                        out[JAVASCRIPT_LINES, document] += 1
                text_start, first, text_end, scripted, open_line = after, 0, after, False, False
                if point == 0x0D and after < end and data[after] == 0x0A:
                    # "\r\n" breaks once: its second half belongs to no line of splitlines().
                    key = (key ^ np.uint64(0x0D)) * FNV_PRIME
                    line_points += 1
                    points += 1
                    seen[0x0A] += 1
                    last = own
                    at, point, after = after, 0x0A, after + 1
                    text_start, text_end = after, after
            elif (own & SPACE) == NO_BITS:
                if first == 0:
                    first = point if point > 0 else -1
                text_end = after
                open_line = True
            else:
                open_line = True
            if at == end or point == 0x0A:
                if filled:
                    out[LINES, document] += 1
                    out[LINE_CODE_POINTS, document] += line_points
                    if (last & TERMINAL) != NO_BITS:
                        out[TERMINAL_LINES, document] += 1
                    if line_points <= SHORT_LINE:
                        out[SHORT_LINES, document] += 1
                    if seen_before(
                        data, line_start, at - line_start, mix(key), stamp, slots,
                        table_start, table_size, table_document,
                    ):  # fmt: skip
                        out[REPEATED_CODE_POINTS, document] += line_points
                line_start, line_points, key, filled, last = after, 0, FNV_OFFSET, False, NO_BITS
            else:
                key = (key ^ np.uint64(point)) * FNV_PRIME
                line_points += 1
                filled |= (own & SPACE) == NO_BITS
                last = own
            if at == end:
                break
            if point == 0x2E:
                dots += 1
                if dots == 3:
                    ellipses += 1
                    dots = 0
            else:
                dots = 0
                if point == 0x3A:
                    out[ADDRESSES, document] += scheme_ends(data, start, at, end)
                elif point == 0x77 or point == 0x57:
                    out[ADDRESSES, document] += bare_address_begins(data, start, at, end)
                elif point == 0x6A or point == 0x4A:
                    scripted |= begins_with(data, at, end, javascript)
                elif point == 0x6C or point == 0x4C:
                    if begins_with(data, at, end, lorem):
                        out[LOREM_IPSUM, document] = 1
                elif point == ELLIPSIS:
                    ellipses += 1
                elif point == 0xFFFD:
                    out[REPLACEMENTS, document] += 1
            at = after
        out[CODE_POINTS, document] = points
        out[HASHES, document] = seen[0x23]
        out[NEWLINES, document] = feeds
        out[CURLY, document] = seen[0x7B] > 0
        out[ELLIPSES, document] = ellipses
        add_ascii(seen, flags, out, document)


def count_lines(offsets: Int64Array, data: ByteArray, tables: UnicodeTables) -> FloatRows:
    """What `line_kernel` counts, shape (LINE_ROWS, documents)."""
    out = np.zeros((LINE_ROWS, len(offsets) - 1), dtype=np.float64)
    feeds = np.flatnonzero(data[offsets[0] : offsets[-1]] == 0x0A) + offsets[0]
    most = int(np.diff(np.searchsorted(feeds, offsets)).max(initial=0))
    line_kernel(offsets, data, tables.flags, PLAIN, JAVASCRIPT, LOREM, most, out)
    return out
