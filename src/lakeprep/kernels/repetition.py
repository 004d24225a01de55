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
from lakeprep.kernels.characters import FlagTable, strip_end, strip_start
from lakeprep.kernels.compiled import helper
from lakeprep.kernels.ngrams import (
    PROBES,
    Int32Array,
    UInt64Array,
    clear,
    dup_grams,
    item,
    slot_of,
    table_slots,
    top_grams,
)
from lakeprep.kernels.utf8 import ByteArray

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


@helper
def count_repetition(
    data: ByteArray,
    start: int,
    end: int,
    flags: FlagTable,
    tokens: int,
    packed: ByteArray,
    starts: Int32Array,
    keys: UInt64Array,
    dup_sizes: Int64Array,
    seen: ByteArray,
    table: Int32Array,
    places: Int32Array,
    numbers: Int32Array,
    first: Int32Array,
    times: Int32Array,
    top: Int64Array,
    dup: Int64Array,
    free_from: Int64Array,
    out: FloatRows,
    document: int,
) -> None:
    """Fills column `document` of `out`. Of its `tokens` are `packed`, `starts` and `keys`; all from
    `seen` on is scratch (`Scratch`)."""
    points, feeds = points_and_feeds(data, start, end)
    lines = duplicate_pieces(data, start, end, feeds, 1, table, first, times)
    begin = strip_start(data, start, end, flags)
    stop = strip_end(data, begin, end, flags)
    paragraphs = duplicate_pieces(data, begin, stop, feeds, 2, table, first, times)
    top_grams(packed, starts, keys, tokens, table, places, numbers, first, times, top)
    dup_grams(
        packed, starts, tokens, dup_sizes, table, seen, places, numbers, first, dup, free_from
    )
    out[CODE_POINTS, document] = points
    for i in range(3):
        out[PARAGRAPHS + i, document] = paragraphs[i]
        out[LINES + i, document] = lines[i]
    for i in range(len(top)):
        out[TOP_POINTS + i, document] = top[i]
    for i in range(len(dup)):
        out[TOP_POINTS + len(top) + i, document] = dup[i]


class Scratch:
    """Memory of `read_words` and `count_repetition` for texts of up to `size` bytes, which have at
    most a token, a line or an n-gram a byte. 0 bytes: no n-grams are wanted."""

    def __init__(self, size: int) -> None:
        tokens = min(size, ngrams.MAX_TOKENS) + 2 if size else 0
        side_by_side = _power_of_two(2 * min(tokens, ngrams.MANY_PLACES)) * len(DUP_SIZES)
        table = max(_power_of_two(2 * (size + 2)), side_by_side)
        pieces = max(tokens, size // 2 + 2)
        self.packed = np.zeros(size + ngrams.SLACK, dtype=np.uint8)
        self.starts = np.empty(tokens + 1, dtype=np.int32)
        self.keys = np.empty(tokens, dtype=np.uint64)
        slots = min(ngrams.FILTER_SLOTS * tokens, ngrams.MAX_FILTER)
        self.seen = np.empty(_power_of_two(slots), dtype=np.uint8)
        self.table = np.empty(table, dtype=np.int32)
        self.places, self.numbers = (np.empty(tokens, dtype=np.int32) for _ in range(2))
        self.first, self.times = (np.empty(pieces, dtype=np.int32) for _ in range(2))
        self.top = np.empty(len(TOP_SIZES), dtype=np.int64)
        self.dup_sizes = np.array(DUP_SIZES)
        self.dup, self.free_from = (np.empty(len(DUP_SIZES), dtype=np.int64) for _ in range(2))


def _power_of_two(least: int) -> int:
    """`ngrams.power_of_two`, outside of kernels."""
    return max(16, 1 << max(0, least - 1).bit_length())


def repetition_signals(out: FloatRows) -> dict[str, Signal]:
    """The signals of `SIGNAL_NAMES`, in that order, one float64 a document, from what
    `count_repetition` has counted."""
    below = [PARAGRAPHS, CODE_POINTS, LINES, CODE_POINTS]
    below += [CODE_POINTS] * (len(TOP_SIZES) + len(DUP_SIZES))
    above = [DUP_PARAGRAPHS, DUP_PARAGRAPH_POINTS, DUP_LINES, DUP_LINE_POINTS]
    above += range(TOP_POINTS, ROWS)
    return {
        name: np.divide(out[a], out[b], out=np.zeros_like(out[a]), where=out[b] != 0)
        for name, a, b in zip(SIGNAL_NAMES, above, below, strict=True)
    }
