"""Classification by a fastText model (Joulin et al. 2016), over Arrow buffers.

A text is read as fastText reads the line of its words: each word's row and the rows of its
character n-grams (of `<word>`, hashed by FNV-1a over signed bytes into buckets, those that were
pruned left out) are averaged; a Huffman tree of the labels (hierarchical softmax) is searched for
the most probable one. Every sum is in single precision and in fastText's order, so labels and
probabilities are fastText's own; the library would take one Python string and one call a text.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from lakeprep.kernels import unicode as u
from lakeprep.kernels.arrow import string_buffers
from lakeprep.kernels.compiled import (
    BYTES,
    I32_ROWS,
    I32_TABLE,
    I64_TABLE,
    OFFSETS,
    U32_TABLE,
    U64_TABLE,
    helper,
    hot_helper,
    kernel,
)
from lakeprep.kernels.hierarchy import NONE, best_label
from lakeprep.kernels.utf8 import MIX_1, ByteArray, copy_bytes, decode, mix, same_bytes

Int32Array = npt.NDArray[np.int32]
Int64Array = npt.NDArray[np.int64]
Uint64Array = npt.NDArray[np.uint64]
Float32Array = npt.NDArray[np.float32]

F32_ROWS: Final = "Array(float32, 2, 'C', readonly=True)"
FNV_OFFSET_32: Final = np.uint32(2166136261)
FNV_PRIME_32: Final = np.uint32(16777619)
SIGNED_BYTE: Final = np.uint32(0xFFFFFF00)  # how a byte above 127 is widened
LETTER: Final = np.uint32(u.LETTER)
SPACE: Final = np.uint32(u.SPACE)
NO_BITS: Final = np.uint32(0)
ONE: Final = np.uint64(1)
HALF: Final = np.uint64(32)
LANES: Final = 16
# Words of at most so many bytes, with at most so many rows, are remembered; slots, a power of two.
SHORT: Final = 16
ROWS_REMEMBERED: Final = 31
REMEMBERED: Final = 1 << 13


@dataclass(frozen=True)
class FastTextModel:
    """A supervised model with hierarchical softmax, flat and read-only."""

    labels: tuple[str, ...]
    """In the order of the leaves, without their prefix."""
    label_prefix: bytes
    word_bytes: ByteArray
    word_starts: Int64Array
    """int64[words + 1]: where the words begin in `word_bytes`; word 0 ends a line."""
    word_slots: Int32Array
    """Words by hash, open addressing; a power of two of places, -1 where there is none."""
    buckets: int
    """Number of buckets of n-grams."""
    kept_buckets: Uint64Array
    """Bit ``b % 64`` of word ``b // 64``: bucket b was not pruned."""
    bucket_ranks: Int32Array
    """Row of the first bucket kept in each word of `kept_buckets`, or behind it."""
    rows: Float32Array
    """float32[rows, columns]: words first, then n-grams in order of their buckets; columns of 0
    fill a row up to a multiple of `LANES`."""
    outputs: Float32Array
    """float32[labels, columns]: the inner nodes of the tree."""
    children: Int32Array
    """int32[nodes, 2]: left and right of each node, -1 for the leaves; the root is the last."""
    least: int
    most: int
    """Lengths of n-grams, in code points."""


@hot_helper
def hash_byte(value: np.uint32, byte: int) -> np.uint32:
    """One step of FNV-1a as fastText takes it: bytes are signed."""
    wide = np.uint32(byte) | SIGNED_BYTE if byte > 127 else np.uint32(byte)
    return np.uint32((value ^ wide) * FNV_PRIME_32)


@helper
def find_word(
    word: ByteArray, size: int, words: ByteArray, starts: Int64Array, slots: Int32Array
) -> int:
    """The number of a word, -1 if the model does not have it."""
    value = FNV_OFFSET_32
    for i in range(size):
        value = hash_byte(value, word[i])
    slot = np.int64(value) & (len(slots) - 1)
    while slots[slot] != NONE:
        start = starts[slots[slot]]
        if starts[slots[slot] + 1] - start == size and same_bytes(word, 0, words, start, size):
            return int(slots[slot])
        slot = (slot + 1) & (len(slots) - 1)
    return NONE


@hot_helper
def bucket_of(value: np.uint32, buckets: np.uint64, reciprocal: np.uint64) -> np.int64:
    """``value % buckets``, with ``reciprocal = 2**32 // buckets``: the quotient is then at most one
    too small, and a product costs a third of a division."""
    rest = np.uint64(value) - ((np.uint64(value) * reciprocal) >> HALF) * buckets
    return np.int64(rest - buckets if rest >= buckets else rest)


@hot_helper
def bits_set(value: np.uint64) -> np.int64:
    """How many; the compiler knows this for one instruction."""
    value = value - ((value >> np.uint64(1)) & np.uint64(0x5555555555555555))
    pairs = value & np.uint64(0x3333333333333333)
    value = pairs + ((value >> np.uint64(2)) & np.uint64(0x3333333333333333))
    value = (value + (value >> np.uint64(4))) & np.uint64(0x0F0F0F0F0F0F0F0F)
    return np.int64((value * np.uint64(0x0101010101010101)) >> np.uint64(56))


@helper
def ngram_rows(
    word: ByteArray,
    size: int,
    least: int,
    most: int,
    buckets: np.uint64,
    kept: Uint64Array,
    ranks: Int32Array,
    found: Int32Array,
    count: int,
) -> int:
    """Writes the rows of the n-grams of `word` (with its brackets) behind the first `count` of
    `found`; returns how many are there then. Whether a bucket was kept is as good as random, so
    nothing branches on it."""
    reciprocal = (np.uint64(1) << HALF) // buckets
    first_found = count
    for first in range(size):
        if (word[first] & 0xC0) == 0x80:
            continue
        value = FNV_OFFSET_32
        at = first
        for length in range(1, most + 1):
            if at == size:
                break
            value = hash_byte(value, word[at])
            at += 1
            while at < size and (word[at] & 0xC0) == 0x80:
                value = hash_byte(value, word[at])
                at += 1
            if length < least or (length == 1 and (first == 0 or at == size)):
                continue
            bucket = bucket_of(value, buckets, reciprocal)
            found[count] = bucket
            count += int(np.int64((kept[bucket >> 6] >> np.uint64(bucket & 63)) & ONE))
    for i in range(first_found, count):
        block = np.int64(found[i]) >> 6
        below = (ONE << np.uint64(found[i] & 63)) - ONE
        found[i] = np.int64(ranks[block]) + bits_set(kept[block] & below)
    return count


@helper
def word_rows(
    word: ByteArray,
    size: int,
    label_prefix: ByteArray,
    words: ByteArray,
    starts: Int64Array,
    slots: Int32Array,
    buckets: np.uint64,
    kept: Uint64Array,
    ranks: Int32Array,
    least: int,
    most: int,
    found: Int32Array,
) -> int:
    """Writes the rows of the word in ``word[1 : size + 1]`` and of its n-grams to `found`; returns
    how many. -1 if it is the mark that ends a line. A word that reads like a label has none."""
    number = find_word(word[1:], size, words, starts, slots)
    if number == 0:
        return NONE
    count = 0
    if number != NONE:
        found[0] = number
        count = 1
    elif size >= len(label_prefix) and same_bytes(word, 1, label_prefix, 0, len(label_prefix)):
        return 0
    word[0] = 0x3C
    word[size + 1] = 0x3E
    return ngram_rows(word, size + 2, least, most, buckets, kept, ranks, found, count)


@helper
def add_rows(rows: Float32Array, chosen: Int32Array, count: int, total: Float32Array) -> None:
    """Adds the first `count` rows of `chosen`, one after the other. Rows are `LANES` columns wide,
    or several times that: loops of a known length become vector instructions."""
    for i in range(count):
        row = np.int64(chosen[i])
        for block in range(0, len(total), LANES):
            for lane in range(LANES):
                total[block + lane] += rows[row, block + lane]


@helper
def key_of(data: ByteArray, start: int, end: int) -> tuple[np.uint64, np.uint64]:
    """The bytes of a word of at most `SHORT` of them; no two words have the same, for none holds
    a NUL."""
    low = high = np.uint64(0)
    for i in range(start, min(end, start + 8)):
        low |= np.uint64(data[i]) << np.uint64(8 * (i - start))
    for i in range(start + 8, end):
        high |= np.uint64(data[i]) << np.uint64(8 * (i - start - 8))
    return low, high


@helper
def add_word(
    data: ByteArray,
    begin: int,
    end: int,
    word: ByteArray,
    label_prefix: ByteArray,
    words: ByteArray,
    starts: Int64Array,
    slots: Int32Array,
    buckets: np.uint64,
    kept: Uint64Array,
    ranks: Int32Array,
    least: int,
    most: int,
    found: Int32Array,
    keys: Uint64Array,
    lists: Int32Array,
    counts: Int32Array,
    rows: Float32Array,
    total: Float32Array,
) -> int:
    """Adds the rows of the word in ``data[begin:end]`` to `total`; returns how many, -1 if it is
    the mark that ends a line. Short words are remembered in `keys`, `lists` and `counts`."""
    size = end - begin
    slot = NONE
    low = high = np.uint64(0)
    if size <= SHORT:
        low, high = key_of(data, begin, end)
        slot = int(np.int64(mix(low ^ (high * MIX_1)) & np.uint64(REMEMBERED - 1)))
        if keys[slot, 0] == low and keys[slot, 1] == high:
            add_rows(rows, lists[slot], counts[slot], total)
            return int(counts[slot])
    copy_bytes(data, begin, size, word, 1)
    added = word_rows(
        word, size, label_prefix, words, starts, slots, buckets, kept, ranks, least, most, found
    )
    add_rows(rows, found, added, total)
    if slot != NONE and 0 <= added <= ROWS_REMEMBERED:
        keys[slot, 0], keys[slot, 1], counts[slot] = low, high, added
        for i in range(added):
            lists[slot, i] = found[i]
    return int(added)


@helper
def label_of(
    total: Float32Array,
    count: int,
    rows: Float32Array,
    outputs: Float32Array,
    children: Int32Array,
    found: Int32Array,
    stack: Int32Array,
    scores: Float32Array,
) -> tuple[int, float]:
    """The label, and its probability, of a text whose `count` rows add up to `total`, which becomes
    their average with the row that ends a line; -1 and NaN if all labels are below 1e-5."""
    found[0] = 0
    add_rows(rows, found, 1, total)
    share = np.float32(1.0 / (count + 1))
    for i in range(len(total)):
        total[i] *= share
    label, score = best_label(total, outputs, children, stack, scores)
    return label, np.nan if label == NONE else np.float64(np.float32(math.exp(score)))


@kernel(
    f"void({OFFSETS}, {BYTES}, {U32_TABLE}, int64, {BYTES}, {BYTES}, {I64_TABLE}, {I32_TABLE},"
    f"uint64, {U64_TABLE}, {I32_TABLE}, {F32_ROWS}, {F32_ROWS}, {I32_ROWS}, int64, int64,"
    f"int32[::1], float64[::1])"
)
def label_kernel(
    offsets: Int64Array,
    data: ByteArray,
    flags: npt.NDArray[np.uint32],
    prefix: int,
    label_prefix: ByteArray,
    words: ByteArray,
    starts: Int64Array,
    slots: Int32Array,
    buckets: np.uint64,
    kept: Uint64Array,
    ranks: Int32Array,
    rows: Float32Array,
    outputs: Float32Array,
    children: Int32Array,
    least: int,
    most: int,
    out: Int32Array,
    out_scores: npt.NDArray[np.float64],
) -> None:
    """The label of the first `prefix` code points of each text, -1 for one without a letter.

    The rows of short words are remembered: a batch says the same few thousand over and over."""
    word = np.empty(4 * prefix + 2, dtype=np.uint8)
    found = np.empty((prefix + 2) * most + 2, dtype=np.int32)
    total = np.empty(rows.shape[1], dtype=np.float32)
    stack = np.empty(len(children) + 1, dtype=np.int32)
    scores = np.empty(len(children) + 1, dtype=np.float32)
    keys = np.zeros((REMEMBERED, 2), dtype=np.uint64)
    lists = np.empty((REMEMBERED, ROWS_REMEMBERED), dtype=np.int32)
    counts = np.empty(REMEMBERED, dtype=np.int32)
    for document in range(len(offsets) - 1):
        at, end = offsets[document], offsets[document + 1]
        total[:] = 0
        count = added = 0
        begin, letters = at, False
        for place in range(prefix + 1):
            # What ends the prefix ends a word, as a space does.
            point, after = 0, at
            if at < end and place < prefix:
                point, after = decode(data, at, end)
            own = flags[point]
            if (own & SPACE) == NO_BITS and point != 0:
                letters |= (own & LETTER) != NO_BITS
            else:
                if at > begin:
                    added = add_word(
                        data, begin, at, word, label_prefix, words, starts, slots, buckets, kept,
                        ranks, least, most, found, keys, lists, counts, rows, total,
                    )  # fmt: skip
                    count += max(added, 0)
                begin = after
            if after == at or added == NONE:
                break
            at = after
        out[document], out_scores[document] = NONE, np.nan
        if letters:
            out[document], out_scores[document] = label_of(
                total, count, rows, outputs, children, found, stack, scores
            )


def most_probable(
    texts: pa.Array, model: FastTextModel, prefix: int
) -> tuple[pa.StringArray, pa.DoubleArray]:
    """The label of the first `prefix` code points of each text of a string or large_string array,
    and its probability (at most 1). Both are null for a text without a letter (fastText would
    still name one), or whose labels are all below 1e-5."""
    offsets, data = string_buffers(texts)
    found = np.empty(len(offsets) - 1, dtype=np.int32)
    scores = np.empty(len(offsets) - 1, dtype=np.float64)
    label_kernel(
        offsets,
        data,
        u.tables().flags,
        prefix,
        np.frombuffer(model.label_prefix, dtype=np.uint8),
        model.word_bytes,
        model.word_starts,
        model.word_slots,
        np.uint64(model.buckets),
        model.kept_buckets,
        model.bucket_ranks,
        model.rows,
        model.outputs,
        model.children,
        model.least,
        model.most,
        found,
        scores,
    )
    none = found == NONE
    labels = pa.array(model.labels, pa.string()).take(pa.array(found, mask=none))
    return labels, pa.array(np.minimum(scores, 1.0), mask=none)
