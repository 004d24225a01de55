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
    I32_TABLE,
    I64_TABLE,
    OFFSETS,
    U32_TABLE,
    helper,
    hot_helper,
    kernel,
)
from lakeprep.kernels.utf8 import ByteArray, decode

Int32Array = npt.NDArray[np.int32]
Int64Array = npt.NDArray[np.int64]
Float32Array = npt.NDArray[np.float32]

F32_ROWS: Final = "Array(float32, 2, 'C', readonly=True)"
FNV_OFFSET_32: Final = np.uint32(2166136261)
FNV_PRIME_32: Final = np.uint32(16777619)
SIGNED_BYTE: Final = np.uint32(0xFFFFFF00)  # how a byte above 127 is widened
LETTER: Final = np.uint32(u.LETTER)
SPACE: Final = np.uint32(u.SPACE)
NO_BITS: Final = np.uint32(0)
NONE: Final = -1
# What fastText adds before it takes a logarithm, and the least logarithm that it follows.
LOG_FLOOR: Final = 1e-5
LEAST: Final = np.float32(math.log(LOG_FLOOR))


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
    bucket_rows: Int32Array
    """Row of each bucket of n-grams, -1 where it was pruned."""
    rows: Float32Array
    """float32[rows, dimensions]: words first, then n-grams."""
    outputs: Float32Array
    """float32[labels, dimensions]: the inner nodes of the tree."""
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
        if starts[slots[slot] + 1] - start == size:
            same = 0
            while same < size and words[start + same] == word[same]:
                same += 1
            if same == size:
                return int(slots[slot])
        slot = (slot + 1) & (len(slots) - 1)
    return NONE


@hot_helper
def add_row(rows: Float32Array, row: int, total: Float32Array) -> None:
    for i in range(len(total)):
        total[i] += rows[row, i]


@helper
def add_ngrams(
    word: ByteArray,
    size: int,
    least: int,
    most: int,
    bucket_rows: Int32Array,
    rows: Float32Array,
    total: Float32Array,
) -> int:
    """Adds the rows of the n-grams of `word` (with its brackets); returns how many."""
    buckets = np.uint32(len(bucket_rows))
    added = 0
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
            row = bucket_rows[np.int64(value % buckets)]
            if row != NONE:
                add_row(rows, row, total)
                added += 1
    return added


@helper
def add_word(
    word: ByteArray,
    size: int,
    label_prefix: ByteArray,
    words: ByteArray,
    starts: Int64Array,
    slots: Int32Array,
    bucket_rows: Int32Array,
    rows: Float32Array,
    least: int,
    most: int,
    total: Float32Array,
) -> int:
    """Adds the rows of the word in ``word[1 : size + 1]``; returns how many. -1 if it is the mark
    that ends a line. A word that reads like a label has none."""
    number = find_word(word[1:], size, words, starts, slots)
    if number == 0:
        return NONE
    added = 0
    if number != NONE:
        add_row(rows, number, total)
        added = 1
    elif size >= len(label_prefix):
        same = 0
        while same < len(label_prefix) and word[1 + same] == label_prefix[same]:
            same += 1
        if same == len(label_prefix):
            return 0
    word[0] = 0x3C
    word[size + 1] = 0x3E
    return added + add_ngrams(word, size + 2, least, most, bucket_rows, rows, total)


@helper
def log_of(value: np.float32) -> np.float32:
    return np.float32(math.log(np.float64(value) + LOG_FLOOR))


@helper
def best_label(
    hidden: Float32Array,
    outputs: Float32Array,
    children: Int32Array,
    stack: Int32Array,
    scores: Float32Array,
) -> tuple[int, np.float32]:
    """The most probable leaf and the logarithm of its probability; -1 if all are below 1e-5."""
    leaves = len(outputs)
    best, best_score = NONE, LEAST
    depth = 1
    stack[0], scores[0] = len(children) - 1, np.float32(0.0)
    while depth > 0:
        depth -= 1
        node, score = stack[depth], scores[depth]
        if score < best_score:
            continue
        if children[node, 0] == NONE:
            best, best_score = node, score
            continue
        dot = np.float32(0.0)
        for i in range(len(hidden)):
            dot += outputs[node - leaves, i] * hidden[i]
        right = np.float32(1.0 / (1.0 + np.float64(np.float32(math.exp(-dot)))))
        # The left branch is looked into first.
        stack[depth], scores[depth] = children[node, 1], score + log_of(right)
        left = np.float32(1.0 - np.float64(right))
        stack[depth + 1], scores[depth + 1] = children[node, 0], score + log_of(left)
        depth += 2
    return best, best_score


@kernel(
    f"void({OFFSETS}, {BYTES}, {U32_TABLE}, int64, {BYTES}, {BYTES}, {I64_TABLE}, {I32_TABLE},"
    f"{I32_TABLE}, {F32_ROWS}, {F32_ROWS}, Array(int32, 2, 'C', readonly=True), int64, int64,"
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
    bucket_rows: Int32Array,
    rows: Float32Array,
    outputs: Float32Array,
    children: Int32Array,
    least: int,
    most: int,
    out: Int32Array,
    out_scores: npt.NDArray[np.float64],
) -> None:
    """The label of the first `prefix` code points of each text, -1 for one without a letter."""
    word = np.empty(4 * prefix + 2, dtype=np.uint8)
    total = np.empty(rows.shape[1], dtype=np.float32)
    stack = np.empty(len(children) + 1, dtype=np.int32)
    scores = np.empty(len(children) + 1, dtype=np.float32)
    for document in range(len(offsets) - 1):
        at, end = offsets[document], offsets[document + 1]
        total[:] = 0
        count = size = added = 0
        letters = False
        for place in range(prefix + 1):
            # What ends the prefix ends a word, as a space does.
            point, after = 0, at
            if at < end and place < prefix:
                point, after = decode(data, at, end)
            own = flags[point]
            if (own & SPACE) == NO_BITS and point != 0:
                letters |= (own & LETTER) != NO_BITS
                for i in range(at, after):
                    word[1 + size] = data[i]
                    size += 1
            elif size > 0:
                added = add_word(
                    word, size, label_prefix, words, starts, slots,
                    bucket_rows, rows, least, most, total,
                )  # fmt: skip
                count += max(added, 0)
                size = 0
            if after == at or added == NONE:
                break
            at = after
        out[document] = NONE
        out_scores[document] = np.nan
        if not letters:
            continue
        add_row(rows, 0, total)
        share = np.float32(1.0 / (count + 1))
        for i in range(len(total)):
            total[i] *= share
        label, score = best_label(total, outputs, children, stack, scores)
        out[document] = label
        if label != NONE:
            out_scores[document] = np.float64(np.float32(math.exp(score)))


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
        model.bucket_rows,
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
