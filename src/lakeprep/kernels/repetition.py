"""Signals of repetition: RULES.md section 2, and of section 6 the repeated 13-grams.

``dup_paragraph_ratio``, ``dup_paragraph_char_ratio``
    paragraphs of the stripped text, parted by two or more line feeds: second and later
    occurrences / paragraphs; their code points / L
``dup_line_ratio``, ``dup_line_char_ratio``
    the same for lines of the text as it is, parted by one or more line feeds
``top_2gram_char_ratio``, 3, 4
    of the n-grams of tokens (`words`; case-sensitive), joined by one space, the most frequent one,
    of equals the first: its code points x how often it occurs / L
``dup_5gram_char_ratio`` to 10, and 13
    a scan over the n-grams joined without space: one that was seen before adds its code points and
    is jumped over, another is recorded; the sum / L

L: code points of the text. What is counted in nothing is 0.0.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

from lakeprep.kernels import ngrams
from lakeprep.kernels.arrow import longest
from lakeprep.kernels.blocks import (
    BLOCK,
    HIGH_BITS,
    LINE_FEEDS,
    LOW_BITS,
    NO_BITS,
    code_points,
    equal_bytes,
    hash_bytes,
    load,
    points_and_feeds,
)
from lakeprep.kernels.compiled import BYTES, OFFSETS, U32_TABLE, helper, kernel
from lakeprep.kernels.ngrams import (
    PROBES,
    Int32Array,
    clear,
    dup_grams,
    filter_slots,
    item,
    read_tokens,
    slot_of,
    table_slots,
    top_grams,
)
from lakeprep.kernels.unicode import UnicodeTables
from lakeprep.kernels.utf8 import ByteArray, decode
from lakeprep.kernels.words import SPACE, FlagTable

Int64Array = npt.NDArray[np.int64]
FloatRows = npt.NDArray[np.float64]
Signal = npt.NDArray[np.float64]

TOP_SIZES: Final = (2, 3, 4)
DUP_SIZES: Final = (5, 6, 7, 8, 9, 10, 13)

# Rows of the kernel's result.
CODE_POINTS: Final = 0
PARAGRAPHS: Final = 1
DUP_PARAGRAPHS: Final = 2
DUP_PARAGRAPH_POINTS: Final = 3
LINES: Final = 4
DUP_LINES: Final = 5
DUP_LINE_POINTS: Final = 6
TOP_POINTS: Final = 7
ROWS: Final = TOP_POINTS + len(TOP_SIZES) + len(DUP_SIZES)

SIGNAL_NAMES: Final[tuple[str, ...]] = (
    "dup_paragraph_ratio",
    "dup_paragraph_char_ratio",
    "dup_line_ratio",
    "dup_line_char_ratio",
    *(f"top_{n}gram_char_ratio" for n in TOP_SIZES),
    *(f"dup_{n}gram_char_ratio" for n in DUP_SIZES),
)


@helper
def next_line_feed(data: ByteArray, start: int, end: int) -> int:
    """The first line feed from `start`; `end` if there is none."""
    at = start
    while at + BLOCK <= end:
        block = load(data, at) ^ LINE_FEEDS
        if (block - LOW_BITS) & ~block & HIGH_BITS != NO_BITS:  # a zero byte
            break
        at += BLOCK
    while at < end and data[at] != 0x0A:
        at += 1
    return at


@helper
def stripped(data: ByteArray, start: int, end: int, flags: FlagTable) -> tuple[int, int]:
    """Where the text without white space at its ends begins and ends."""
    while start < end:
        point, after = decode(data, start, end)
        if flags[point] & SPACE == 0:
            break
        start = after
    while start < end:
        last = end - 1
        while last > start and data[last] & 0xC0 == 0x80:
            last -= 1
        point, _ = decode(data, last, end)
        if flags[point] & SPACE == 0:
            break
        end = last
    return start, end


@helper
def duplicate_pieces(
    data: ByteArray,
    start: int,
    end: int,
    feeds: int,
    least: int,
    table: Int32Array,
    begins: Int32Array,
    sizes: Int32Array,
) -> tuple[int, int, int]:
    """Parts a stretch that has `feeds` line feeds at runs of at least `least` of them; returns
    pieces, second and later occurrences, and the code points of those."""
    slots = table_slots(feeds // least + 1)
    clear(table, slots)
    pieces, kept, duplicates, points = 0, 0, 0, 0
    piece, at = start, start
    while True:
        at = next_line_feed(data, at, end)
        after = at
        while after < end and data[after] == 0x0A:
            after += 1
        if at < end and after - at < least:
            at = after
            continue
        pieces += 1
        size = at - piece
        slot = slot_of(hash_bytes(data, piece, size), slots)
        for _ in range(PROBES):
            other = item(table, slot) - 1
            if other < 0:
                table[slot] = kept + 1
                begins[kept] = piece - start
                sizes[kept] = size
                kept += 1
                break
            if sizes[other] == size and equal_bytes(data, start + begins[other], piece, size):
                duplicates += 1
                points += code_points(data, piece, at)
                break
            slot = (slot + 1) & (slots - 1)
        if at == end:
            return pieces, duplicates, points
        piece, at = after, after


@kernel(f"void({OFFSETS}, {BYTES}, {U32_TABLE}, int64, int64[::1], int64, float64[:, ::1])")
def repetition_kernel(
    offsets: Int64Array,
    data: ByteArray,
    flags: FlagTable,
    top_sizes: int,
    dup_sizes: Int64Array,
    longest_text: int,
    out: FloatRows,
) -> None:
    """Fills `out` (ROWS rows of zeros, one column a document). Scratch is sized by the longest
    text, which has at most a token, a line or an n-gram a byte."""
    tokens = min(longest_text, ngrams.MAX_TOKENS) + 2
    pieces = longest_text // 2 + 2
    packed = np.zeros(longest_text + ngrams.SLACK, dtype=np.uint8)
    starts = np.empty(tokens + 1, dtype=np.int32)
    keys = np.empty(tokens, dtype=np.uint64)
    places = np.empty(tokens, dtype=np.int32)
    numbers = np.empty(tokens, dtype=np.int32)
    first = np.empty(max(tokens, pieces), dtype=np.int32)
    times = np.empty(max(tokens, pieces), dtype=np.int32)
    seen = np.empty(filter_slots(tokens), dtype=np.uint8)
    side_by_side = table_slots(min(tokens, ngrams.MANY_PLACES)) * len(dup_sizes)
    table = np.empty(max(table_slots(longest_text + 2), side_by_side), dtype=np.int32)
    top_points = np.empty(top_sizes, dtype=np.int64)
    dup_points = np.empty(len(dup_sizes), dtype=np.int64)
    free_from = np.empty(len(dup_sizes), dtype=np.int64)
    for document in range(len(offsets) - 1):
        start, end = offsets[document], offsets[document + 1]
        points, feeds = points_and_feeds(data, start, end)
        lines = duplicate_pieces(data, start, end, feeds, 1, table, first, times)
        begin, stop = stripped(data, start, end, flags)
        paragraphs = duplicate_pieces(data, begin, stop, feeds, 2, table, first, times)
        count = read_tokens(data, start, end, flags, packed, starts, keys)
        top_grams(packed, starts, keys, count, table, places, numbers, first, times, top_points)
        dup_grams(
            packed, starts, count, dup_sizes, table, seen, places, numbers, first,
            dup_points, free_from,
        )  # fmt: skip
        out[CODE_POINTS, document] = points
        for i in range(3):
            out[PARAGRAPHS + i, document] = paragraphs[i]
            out[LINES + i, document] = lines[i]
        for i in range(top_sizes):
            out[TOP_POINTS + i, document] = top_points[i]
        for i in range(len(dup_sizes)):
            out[TOP_POINTS + top_sizes + i, document] = dup_points[i]


def repetition_signals(
    offsets: Int64Array, data: ByteArray, tables: UnicodeTables
) -> dict[str, Signal]:
    """The signals of `SIGNAL_NAMES`, in that order, one float64 a document. Raises ValueError for
    a text of 2 GiB or more."""
    size = longest(offsets)
    if size >= 2**31 - ngrams.SLACK:
        raise ValueError(f"a text of {size} bytes; the kernels of repetition take less than 2 GiB")
    out = np.zeros((ROWS, len(offsets) - 1), dtype=np.float64)
    sizes = np.array(DUP_SIZES)
    repetition_kernel(offsets, data, tables.flags, len(TOP_SIZES), sizes, size, out)
    below = [PARAGRAPHS, CODE_POINTS, LINES, CODE_POINTS]
    below += [CODE_POINTS] * (len(TOP_SIZES) + len(DUP_SIZES))
    above = [DUP_PARAGRAPHS, DUP_PARAGRAPH_POINTS, DUP_LINES, DUP_LINE_POINTS]
    above += range(TOP_POINTS, ROWS)
    return {
        name: np.divide(out[a], out[b], out=np.zeros_like(out[a]), where=out[b] != 0)
        for name, a, b in zip(SIGNAL_NAMES, above, below, strict=True)
    }
