"""MinHash bands and verified similarity over shingles: RULES.md section 9.

Signatures are those of datasketch 2's ``affine32`` scheme, bit for bit, fed with the upper 32 bits
of the shingles' hashes (`shingles`): the input goes once through MurmurHash3's 32-bit finalizer,
then each permutation is ``a * h + b mod 2**32``; a and b are datasketch's own for the seed.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from lakeprep.kernels import unicode as u
from lakeprep.kernels.arrow import int64_lists, list_buffers, longest, string_buffers
from lakeprep.kernels.compiled import (
    BYTES,
    I32_ROWS,
    I32_TABLE,
    I64_TABLE,
    OFFSETS,
    U32_TABLE,
    helper,
    hot_helper,
    kernel,
)
from lakeprep.kernels.shingles import common_shingles, shingle_hashes, token_hashes
from lakeprep.kernels.utf8 import ByteArray, mix

Int64Array = npt.NDArray[np.int64]
UInt32Array = npt.NDArray[np.uint32]
UInt64Array = npt.NDArray[np.uint64]

SCHEME: Final = "affine32"
SEED: Final = 1
BANDS: Final = 14
ROWS: Final = 8

BAND_FACTOR: Final = np.uint64(0x9E3779B97F4A7C15)
BYTE: Final = np.uint64(255)
UPPER_HALF: Final = np.uint64(32)
MIX32_1: Final = np.uint32(0x85EBCA6B)
MIX32_2: Final = np.uint32(0xC2B2AE35)
EMPTY: Final = np.uint32(0xFFFFFFFF)


@lru_cache(maxsize=8)
def permutations(count: int) -> tuple[UInt32Array, UInt32Array]:
    """datasketch's factors and summands of `count` permutations for `SEED`, drawn as it draws them:
    to import it would take a fifth of the time that all kernels take to load."""
    random = np.random.RandomState(SEED)
    odd = 2 * random.randint(0, 1 << 31, count, dtype=np.uint32) + np.uint32(1)
    return odd, random.randint(0, 1 << 32, count, dtype=np.uint32)


@hot_helper
def finalize32(shingle: np.uint64) -> np.uint32:
    """MurmurHash3's 32-bit finalizer of the upper half of a shingle's hash."""
    value = np.uint32(shingle >> UPPER_HALF)
    value = np.uint32(value ^ (value >> np.uint32(16)))
    value = np.uint32(value * MIX32_1)
    value = np.uint32(value ^ (value >> np.uint32(13)))
    value = np.uint32(value * MIX32_2)
    return np.uint32(value ^ (value >> np.uint32(16)))


@helper
def minimum_hashes(
    shingles: UInt64Array,
    count: int,
    factors: UInt32Array,
    summands: UInt32Array,
    signature: UInt32Array,
) -> None:
    """Writes the signature of `count` shingles: the least value under each permutation.

    Four shingles at a time, for each factor that is loaded; the last ones may come twice, which
    changes no minimum.
    """
    for k in range(len(signature)):
        signature[k] = EMPTY
    for first in range(0, count, 4):
        a = finalize32(shingles[first])
        b = finalize32(shingles[min(first + 1, count - 1)])
        c = finalize32(shingles[min(first + 2, count - 1)])
        d = finalize32(shingles[min(first + 3, count - 1)])
        for k in range(len(signature)):
            factor, summand = factors[k], summands[k]
            ab = min(np.uint32(factor * a + summand), np.uint32(factor * b + summand))
            cd = min(np.uint32(factor * c + summand), np.uint32(factor * d + summand))
            signature[k] = min(signature[k], min(ab, cd))


@kernel(
    f"void({OFFSETS}, {BYTES}, {U32_TABLE}, {I32_TABLE}, {I32_ROWS}, uint32[::1], uint32[::1],"
    f"int64, uint32[:, ::1], boolean[::1])"
)
def signature_kernel(
    offsets: Int64Array,
    data: ByteArray,
    flags: UInt32Array,
    fold: npt.NDArray[np.int32],
    sequences: npt.NDArray[np.int32],
    factors: UInt32Array,
    summands: UInt32Array,
    longest_text: int,
    out: UInt32Array,
    has_shingles: npt.NDArray[np.bool_],
) -> None:
    """One signature a document (row of `out`) and whether it has shingles at all."""
    scratch = np.empty(longest_text + 4, dtype=np.uint64)
    for document in range(len(offsets) - 1):
        start, end = offsets[document], offsets[document + 1]
        tokens = token_hashes(data, start, end, flags, fold, sequences, scratch)
        count = shingle_hashes(scratch, tokens, scratch)
        minimum_hashes(scratch, count, factors, summands, out[document])
        has_shingles[document] = count > 0


@kernel("void(uint32[:, ::1], boolean[::1], int64, int64, int64[::1])")
def band_kernel(
    signatures: UInt32Array,
    has_shingles: npt.NDArray[np.bool_],
    bands: int,
    rows: int,
    out: Int64Array,
) -> None:
    """The keys of the bands of the documents that have shingles, one after another."""
    filled = 0
    for document in range(len(signatures)):
        if not has_shingles[document]:
            continue
        for band in range(bands):
            value = np.uint64(band + 1) * BAND_FACTOR
            for row in range(rows):
                value = mix(value ^ np.uint64(signatures[document, band * rows + row]))
            out[filled] = np.int64(value)
            filled += 1


def signatures(
    texts: pa.Array, permutation_count: int = BANDS * ROWS
) -> tuple[UInt32Array, npt.NDArray[np.bool_]]:
    """MinHash signatures, shape (documents, permutations), and which documents have shingles
    (the rows of the others are all ones, as datasketch's empty sketch)."""
    tables = u.tables()
    offsets, data = string_buffers(texts)
    factors, summands = permutations(permutation_count)
    out = np.empty((len(offsets) - 1, permutation_count), dtype=np.uint32)
    has_shingles = np.zeros(len(offsets) - 1, dtype=np.bool_)
    signature_kernel(
        offsets,
        data,
        tables.flags,
        tables.fold,
        tables.fold_sequences,
        factors,
        summands,
        longest(offsets),
        out,
        has_shingles,
    )
    return out, has_shingles


def band_keys(texts: pa.Array, bands: int = BANDS, rows: int = ROWS) -> pa.Array:
    """The band keys of each text: list<int64>, `bands` keys in order of the bands, or an empty
    list for a text without shingles (empty, or without any letter or digit).

    A key is 64 bits of the band's index and its `rows` values, chained through MurmurHash3's
    finalizer. So keys of different bands do not meet, and two texts that agree in a band have
    equal keys; others have with probability 2**-64.
    """
    signature, has_shingles = signatures(texts, bands * rows)
    counts = np.where(has_shingles, bands, 0)
    offsets = np.zeros(len(counts) + 1, dtype=np.int64)
    np.cumsum(counts, out=offsets[1:])
    keys = np.empty(int(offsets[-1]), dtype=np.int64)
    band_kernel(signature, has_shingles, bands, rows, keys)
    return int64_lists(offsets, keys)


@helper
def sort_unique(values: UInt64Array, count: int, spare: UInt64Array, counts: Int64Array) -> int:
    """Sorts the first `count` values as signed numbers and drops repetitions; returns how many
    are left. Radix sort: no input makes it slow. `spare` is as long, `counts` has 256 places."""
    if count < 2:
        return count
    source, target = values, spare
    for digit in range(8):
        shift = np.uint64(8 * digit)
        for i in range(256):
            counts[i] = 0
        for i in range(count):
            counts[int((source[i] >> shift) & BYTE)] += 1
        # In the last digit, 128 to 255 are the negative numbers: they come first.
        first = 128 if digit == 7 else 0
        position = 0
        for i in range(256):
            place = (i + first) & 255
            times = counts[place]
            counts[place] = position
            position += times
        for i in range(count):
            position = int((source[i] >> shift) & BYTE)
            target[counts[position]] = source[i]
            counts[position] += 1
        source, target = target, source
    kept = 1
    for i in range(1, count):
        if source[i] != source[kept - 1]:
            source[kept] = source[i]
            kept += 1
    return kept


@kernel(f"int64[::1]({OFFSETS}, {BYTES}, {U32_TABLE}, {I32_TABLE}, {I32_ROWS}, int64, int64[::1])")
def shingle_kernel(
    offsets: Int64Array,
    data: ByteArray,
    flags: UInt32Array,
    fold: npt.NDArray[np.int32],
    sequences: npt.NDArray[np.int32],
    longest_text: int,
    out_offsets: Int64Array,
) -> Int64Array:
    """The distinct shingle hashes of each document in ascending order, one after another; fills
    `out_offsets` (documents + 1)."""
    scratch = np.empty(longest_text + 4, dtype=np.uint64)
    spare = np.empty(longest_text + 4, dtype=np.uint64)
    counts = np.empty(256, dtype=np.int64)
    out = np.empty(max(1024, (offsets[-1] - offsets[0]) // 4), dtype=np.int64)
    filled = 0
    for document in range(len(offsets) - 1):
        start, end = offsets[document], offsets[document + 1]
        tokens = token_hashes(data, start, end, flags, fold, sequences, scratch)
        count = sort_unique(scratch, shingle_hashes(scratch, tokens, scratch), spare, counts)
        if filled + count > len(out):
            grown = np.empty(max(2 * len(out), filled + count), dtype=np.int64)
            for i in range(filled):
                grown[i] = out[i]
            out = grown
        for i in range(count):
            out[filled + i] = np.int64(scratch[i])
        filled += count
        out_offsets[document + 1] = filled
    return out[:filled].copy()


def shingle_sets(texts: pa.Array) -> pa.Array:
    """The set of 64-bit shingle hashes of each text: list<int64>, ascending, without repetition;
    empty for a text without shingles."""
    tables = u.tables()
    offsets, data = string_buffers(texts)
    out_offsets = np.zeros(len(offsets), dtype=np.int64)
    values = shingle_kernel(
        offsets,
        data,
        tables.flags,
        tables.fold,
        tables.fold_sequences,
        longest(offsets),
        out_offsets,
    )
    return int64_lists(out_offsets, values)


@kernel(f"void({I64_TABLE}, {I64_TABLE}, {I64_TABLE}, {I64_TABLE}, float64[::1], float64[::1])")
def similarity_kernel(
    left_offsets: Int64Array,
    left: Int64Array,
    right_offsets: Int64Array,
    right: Int64Array,
    jaccard: npt.NDArray[np.float64],
    containment: npt.NDArray[np.float64],
) -> None:
    """Fills `jaccard` and `containment`, one place a pair of sets."""
    for pair in range(len(left_offsets) - 1):
        i, left_end = left_offsets[pair], left_offsets[pair + 1]
        j, right_end = right_offsets[pair], right_offsets[pair + 1]
        left_size, right_size = left_end - i, right_end - j
        common = common_shingles(left, i, left_end, right, j, right_end)
        smaller = min(left_size, right_size)
        jaccard[pair] = common / (left_size + right_size - common) if smaller else 0.0
        containment[pair] = common / smaller if smaller else 0.0


def jaccard_containment(
    left: pa.Array, right: pa.Array
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Pair by pair, of two arrays of `shingle_sets` of one length: the Jaccard similarity
    |A∩B| / |A∪B| and the containment |A∩B| / min(|A|, |B|). Both are 0.0 where a set is empty:
    nothing verifies such a pair. Raises ValueError where the lengths differ."""
    if len(left) != len(right):
        raise ValueError(f"{len(left)} left sets but {len(right)} right sets")
    left_offsets, left_values = list_buffers(left)
    right_offsets, right_values = list_buffers(right)
    jaccard = np.zeros(len(left), dtype=np.float64)
    containment = np.zeros(len(left), dtype=np.float64)
    similarity_kernel(left_offsets, left_values, right_offsets, right_values, jaccard, containment)
    return jaccard, containment
