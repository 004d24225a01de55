"""Signals counted on tokens, words and n-grams alike: a text is cut into tokens once."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from lakeprep.kernels import ngrams, repetition
from lakeprep.kernels.arrow import longest
from lakeprep.kernels.characters import FlagTable
from lakeprep.kernels.compiled import (
    BYTES,
    I32_TABLE,
    I64_TABLE,
    OFFSETS,
    U32_TABLE,
    U64_TABLE,
    kernel,
)
from lakeprep.kernels.repetition import Scratch, count_repetition
from lakeprep.kernels.unicode import UnicodeTables
from lakeprep.kernels.utf8 import ByteArray
from lakeprep.kernels.word_signals import BATCH, WORD_ROWS, StopWords, read_words

Int32Array = npt.NDArray[np.int32]
Int64Array = npt.NDArray[np.int64]
UInt64Array = npt.NDArray[np.uint64]
FloatRows = npt.NDArray[np.float64]


@kernel(
    f"void({OFFSETS}, {BYTES}, {U32_TABLE}, {I32_TABLE}, {I64_TABLE}, {I64_TABLE}, {U64_TABLE},"
    f"{I64_TABLE}, {OFFSETS}, {BYTES}, int64[::1], uint64[::1], int64[::1], uint8[::1],"
    f"int32[::1], uint64[::1], int64[::1], uint8[::1], int32[::1], int32[::1], int32[::1],"
    f"int32[::1], int32[::1], int64[::1], int64[::1], int64[::1], int64[::1], int64[::1],"
    f"int64[::1], uint64[::1], uint64[::1], float64[:, ::1], float64[:, ::1])"
)
def token_kernel(
    offsets: Int64Array,
    data: ByteArray,
    flags: FlagTable,
    lower: Int32Array,
    languages: Int64Array,
    first_slot: Int64Array,
    slot_key: UInt64Array,
    slot_word: Int64Array,
    word_offsets: Int64Array,
    word_data: ByteArray,
    stop_word_seen: Int64Array,
    word_table: UInt64Array,
    distinct_slots: Int64Array,
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
    begins: Int64Array,
    stops: Int64Array,
    kinds: Int64Array,
    token_keys: UInt64Array,
    word_keys: UInt64Array,
    words: FloatRows,
    repeated: FloatRows,
) -> None:
    """Fills `words` and, if `keys` has room for tokens, `repeated`: one column a document."""
    for document in range(len(offsets) - 1):
        start, end = offsets[document], offsets[document + 1]
        tokens = read_words(
            data, start, end, flags, lower, languages[document], first_slot, slot_key, slot_word,
            word_offsets, word_data, stop_word_seen, word_table, distinct_slots, packed, starts,
            keys, begins, stops, kinds, token_keys, word_keys, words, document,
        )  # fmt: skip
        if len(keys) > 0:
            count_repetition(
                data, start, end, flags, tokens, packed, starts, keys, dup_sizes, seen, table,
                places, numbers, first, times, top, dup, free_from, repeated, document,
            )  # fmt: skip


def count_tokens(
    offsets: Int64Array,
    data: ByteArray,
    tables: UnicodeTables,
    languages: pa.Array | None,
    stop_words: StopWords,
    *,
    repetition_too: bool,
) -> tuple[FloatRows, FloatRows]:
    """What is counted on words, shape (WORD_ROWS, documents), and on n-grams, lines and paragraphs,
    shape (repetition.ROWS, documents; zeros if not wanted). Raises ValueError for a text of 2 GiB
    or more."""
    documents, size = len(offsets) - 1, longest(offsets)
    if size >= 2**31 - ngrams.SLACK:
        raise ValueError(f"a text of {size} bytes; the kernels of repetition take less than 2 GiB")
    words = np.zeros((WORD_ROWS, documents), dtype=np.float64)
    repeated = np.zeros((repetition.ROWS, documents), dtype=np.float64)
    slots = 64
    while slots < size // 2:
        slots *= 2
    own = Scratch(size if repetition_too else 0)
    token_kernel(
        offsets, data, tables.flags, tables.lower,
        stop_words.numbers(languages, documents),
        stop_words.first_slot, stop_words.slot_key, stop_words.slot_word,
        stop_words.offsets, stop_words.data,
        np.zeros(len(stop_words.slot_key), dtype=np.int64),
        np.zeros(2 * slots, dtype=np.uint64),
        np.empty(slots + 1, dtype=np.int64),
        own.packed, own.starts, own.keys, own.dup_sizes, own.seen, own.table, own.places,
        own.numbers, own.first, own.times, own.top, own.dup, own.free_from,
        np.empty(BATCH, dtype=np.int64),
        np.empty(BATCH, dtype=np.int64),
        np.empty(BATCH, dtype=np.int64),
        np.empty(BATCH, dtype=np.uint64),
        np.empty(BATCH, dtype=np.uint64),
        words, repeated,
    )  # fmt: skip
    return words, repeated
