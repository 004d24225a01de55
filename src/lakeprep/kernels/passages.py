"""Passages of texts, and which documents are left too short without those seen before: RULES.md
section 10.

A text is cut into units: sentences (`sentence_count` of them: a sentence begins at the first token
and at the first token after a terminal mark that is not itself punctuation), paragraphs (parted by
two line feeds or more) or lines (by one). A unit reaches from the end of the last token of the one
before to the end of its own last token: the white space before it is its own. The first begins
where the text does, the last ends where the text ends.

A passage is a paragraph, a line, or `window` consecutive sentences; fewer sentences than that are
one passage together. A sentence without a letter or digit goes with the one before it (the first
with the one after), and a paragraph or line without one is no passage.

Two passages are equal if their units have the same normalised tokens (section 9; `shingles`). What
stands for them is 128 bits: two chains of the 64-bit hashes of the tokens, so that passages which
differ in one token are taken for equal with probability 2**-64, others with 2**-128.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from lakeprep.kernels import unicode as u
from lakeprep.kernels.arrow import string_buffers
from lakeprep.kernels.characters import FlagTable
from lakeprep.kernels.compiled import (
    BYTES,
    I32_ROWS,
    I32_TABLE,
    OFFSETS,
    U32_TABLE,
    helper,
    hot_helper,
    kernel,
)
from lakeprep.kernels.shingles import chain, token_hashes
from lakeprep.kernels.utf8 import FNV_OFFSET, ByteArray, mix
from lakeprep.kernels.words import (
    HAS_OTHER_THAN_SYMBOL,
    IS_TERMINAL,
    begins_sentence,
    measure,
    next_token,
)

Int64Array = npt.NDArray[np.int64]
UInt64Array = npt.NDArray[np.uint64]
Bools = npt.NDArray[np.bool_]
Unit = Literal["sentences", "paragraphs", "lines"]

# Columns of a unit or passage: bytes, words and sentences of the document before its begin and up
# to its end.
START: Final = 0
STOP: Final = 1
FIRST_WORD: Final = 2
LAST_WORD: Final = 3
FIRST_SENTENCE: Final = 4
LAST_SENTENCE: Final = 5
BOUNDS: Final = 6

#: Line feeds in a row that part units; none where sentences do.
LINE_FEEDS: Final[dict[Unit, int]] = {"sentences": 0, "lines": 1, "paragraphs": 2}

_ROWS: Final = "int64[:, ::1]"


@helper
def has_feeds(data: ByteArray, start: int, end: int, least: int) -> bool:
    """Whether the bytes have `least` line feeds in a row."""
    run = 0
    for at in range(start, end):
        run = run + 1 if data[at] == 0x0A else 0
        if run == least:
            return True
    return False


@hot_helper
def write_bounds(
    row: Int64Array,
    start: int,
    stop: int,
    first_word: int,
    last_word: int,
    first_sentence: int,
    last_sentence: int,
) -> None:
    """Fills the columns of a unit."""
    row[START], row[STOP] = start, stop
    row[FIRST_WORD], row[LAST_WORD] = first_word, last_word
    row[FIRST_SENTENCE], row[LAST_SENTENCE] = first_sentence, last_sentence


@kernel(f"{_ROWS}({OFFSETS}, {BYTES}, {U32_TABLE}, {I32_TABLE}, int64, int64[::1], int64[:, ::1])")
def unit_kernel(
    offsets: Int64Array,
    data: ByteArray,
    flags: FlagTable,
    lower: npt.NDArray[np.int32],
    feeds: int,
    unit_offsets: Int64Array,
    totals: Int64Array,
) -> Int64Array:
    """The units of all documents, one after another; offsets are those of `data`. Fills
    `unit_offsets` (documents + 1) and `totals` (words and sentences of each document)."""
    out = np.empty((1024, BOUNDS), dtype=np.int64)
    filled = 0
    for document in range(len(offsets) - 1):
        first, end = offsets[document], offsets[document + 1]
        at, last, start = first, first, first
        words, sentences, words_before, sentences_before = 0, 0, 0, 0
        boundary, begun = True, False
        while at < end:
            if filled + 3 > len(out):  # of two tokens, and the document's last unit
                grown = np.empty((2 * len(out), BOUNDS), dtype=np.int64)
                for i in range(filled):
                    for j in range(BOUNDS):
                        grown[i, j] = out[i, j]
                out = grown
            begin, stop, at, _ = next_token(data, first, at, end, flags)
            while begin < stop:
                _, kind, _ = measure(data, begin, stop, flags, lower)
                opens = boundary and begins_sentence(kind, sentences)
                if begun and (opens if feeds == 0 else has_feeds(data, last, begin, feeds)):
                    write_bounds(
                        out[filled], start, last, words_before, words, sentences_before, sentences
                    )
                    filled += 1
                    start, words_before, sentences_before = last, words, sentences
                begun = True
                if opens:
                    sentences += 1
                    boundary = False
                boundary |= (kind & IS_TERMINAL) != 0
                words += (kind & HAS_OTHER_THAN_SYMBOL) != 0
                last = stop
                begin, stop = stop, at
        if begun:
            write_bounds(out[filled], start, end, words_before, words, sentences_before, sentences)
            filled += 1
        totals[document, 0], totals[document, 1] = words, sentences
        unit_offsets[document + 1] = filled
    return out[:filled]


@hot_helper
def second_chain(value: np.uint64, item: np.uint64) -> np.uint64:
    """One step of a passage's second hash; of its first, `chain`, as in a shingle's."""
    return mix(value ^ item)


@helper
def join_units(units: Int64Array, first: int, end: int, hashes: UInt64Array) -> int:
    """Puts each unit without tokens (its third hash is 0) to the one before it, the first ones to
    the one after; returns the end of those that are left. `units` and `hashes` change in place."""
    kept, lead = first, -1
    for i in range(first, end):
        if hashes[i, 2] == 0:
            if kept > first:
                for j in (STOP, LAST_WORD, LAST_SENTENCE):
                    units[kept - 1, j] = units[i, j]
            elif lead < 0:
                lead = i
            continue
        begin = lead if lead >= 0 and kept == first else i
        for j in (START, FIRST_WORD, FIRST_SENTENCE):
            units[kept, j] = units[begin, j]
        for j in (STOP, LAST_WORD, LAST_SENTENCE):
            units[kept, j] = units[i, j]
        for j in range(3):
            hashes[kept, j] = hashes[i, j]
        kept += 1
    return kept


@kernel(
    f"int64({_ROWS}, {OFFSETS}, {BYTES}, {U32_TABLE}, {I32_TABLE}, {I32_ROWS}, {OFFSETS}, int64,"
    f" int64, uint64[:, ::1], int64[::1])"
)
def passage_kernel(
    units: Int64Array,
    unit_offsets: Int64Array,
    data: ByteArray,
    flags: FlagTable,
    fold: npt.NDArray[np.int32],
    sequences: npt.NDArray[np.int32],
    seeds: Int64Array,
    window: int,
    longest_unit: int,
    hashes: UInt64Array,
    out_offsets: Int64Array,
) -> int:
    """Puts the passages of all documents in the place of their units, of which there are never
    fewer: bounds into `units`, two hashes into the first places of `hashes` (three a unit). Fills
    `out_offsets` (documents + 1); returns how many there are. Without `window` each unit is a
    passage of its own."""
    scratch = np.empty(longest_unit + 4, dtype=np.uint64)
    filled = 0
    for document in range(len(unit_offsets) - 1):
        first, end = unit_offsets[document], unit_offsets[document + 1]
        for i in range(first, end):
            count = token_hashes(
                data, units[i, START], units[i, STOP], flags, fold, sequences, scratch
            )
            one, other = np.uint64(count), FNV_OFFSET
            for token in range(count):
                one = chain(one, scratch[token])
                other = second_chain(other, scratch[token])
            hashes[i, 0], hashes[i, 1], hashes[i, 2] = mix(one), other, np.uint64(count)
        size = max(window, 1)
        if window:
            end = join_units(units, first, end, hashes)
            size = min(window, end - first)
        for i in range(first, end - size + 1 if size else first):
            if hashes[i, 2] == 0:
                continue
            one = np.uint64(seeds[document]) + np.uint64(size)
            other = np.uint64(seeds[document]) ^ FNV_OFFSET
            for j in range(i, i + size):
                one = chain(one, hashes[j, 0])
                other = second_chain(other, hashes[j, 1])
            # `filled` is at most `i`: what is written over has been read.
            for j in (START, FIRST_WORD, FIRST_SENTENCE):
                units[filled, j] = units[i, j]
            for j in (STOP, LAST_WORD, LAST_SENTENCE):
                units[filled, j] = units[i + size - 1, j]
            hashes[filled, 0], hashes[filled, 1] = mix(one), other
            filled += 1
        out_offsets[document + 1] = filled
    return filled


@dataclass(frozen=True, slots=True)
class Passages:
    """The passages of a batch in order of documents and begins.

    `offsets` (documents + 1): where each document's begin. `bounds` (passages, 6): begin and end in
    bytes, words and sentences of the document's own text (columns `START` to `LAST_SENTENCE`).
    `keys` (passages, 2): the 128 bits. `repeated`: the same document has an equal passage before.
    `totals` (documents, 2): words and sentences of the whole text.
    """

    offsets: Int64Array
    bounds: Int64Array
    keys: Int64Array
    repeated: Bools
    totals: Int64Array


def find_passages(
    texts: pa.Array, unit: Unit, *, window: int = 3, seeds: Int64Array | None = None
) -> Passages:
    """The passages of string or large_string texts; a null counts as the empty text.

    `window`: sentences of a passage, with `unit` sentences. `seeds`: one number a document;
    passages are equal only where these are. Scratch and result are a bounded multiple of the
    texts' bytes.
    """
    tables = u.tables()
    offsets, data = string_buffers(texts)
    documents = len(offsets) - 1
    unit_offsets = np.zeros(documents + 1, dtype=np.int64)
    totals = np.zeros((documents, 2), dtype=np.int64)
    units = unit_kernel(
        offsets, data, tables.flags, tables.lower, LINE_FEEDS[unit], unit_offsets, totals
    )
    hashes = np.empty((len(units), 3), dtype=np.uint64)
    out_offsets = np.zeros(documents + 1, dtype=np.int64)
    filled = passage_kernel(
        units,
        unit_offsets,
        data,
        tables.flags,
        tables.fold,
        tables.fold_sequences,
        np.zeros(documents, dtype=np.int64) if seeds is None else seeds,
        window if unit == "sentences" else 0,
        int((units[:, STOP] - units[:, START]).max(initial=0)),
        hashes,
        out_offsets,
    )
    document = np.repeat(np.arange(documents), np.diff(out_offsets))
    bounds, keys = units[:filled], hashes[:filled, :2].view(np.int64)
    for column in (START, STOP):
        bounds[:, column] -= offsets[document]
    return Passages(out_offsets, bounds, keys, _repeated(document, keys), totals)


def _repeated(document: Int64Array, keys: Int64Array) -> Bools:
    """Which passages are equal to an earlier one of their document. A sort: no input is slow."""
    columns = (keys[:, 1], keys[:, 0], document)
    order = np.lexsort(columns)  # stable: the first stays first
    equal = np.ones(max(len(order) - 1, 0), dtype=np.bool_)
    for column in columns:
        ordered = column[order]
        equal &= ordered[1:] == ordered[:-1]
    repeated = np.zeros(len(order), dtype=np.bool_)
    repeated[order[1:]] = equal
    return repeated


@kernel(
    f"void(int64[::1], int64[::1], boolean[::1], {_ROWS}, {_ROWS}, int64[::1], int64, int64,"
    f" boolean[::1], boolean[::1])"
)
def settle_kernel(
    offsets: Int64Array,
    codes: Int64Array,
    always: Bools,
    bounds: Int64Array,
    totals: Int64Array,
    survivors: Int64Array,
    min_words: int,
    min_sentences: int,
    stands: Bools,
    short: Bools,
) -> None:
    """One pass over documents in order; see `settle`. `stands` has one place a code."""
    for document in range(len(offsets) - 1):
        survivor = survivors[document]
        if survivor != -1 and (survivor < 0 or not short[survivor]):
            continue
        words, sentences = totals[document, 0], totals[document, 1]
        word, sentence, is_cut = 0, 0, False
        for i in range(offsets[document], offsets[document + 1]):
            if always[i] or stands[codes[i]]:
                is_cut = True
                words -= max(0, bounds[i, LAST_WORD] - max(bounds[i, FIRST_WORD], word))
                word = max(word, bounds[i, LAST_WORD])
                sentences -= max(
                    0, bounds[i, LAST_SENTENCE] - max(bounds[i, FIRST_SENTENCE], sentence)
                )
                sentence = max(sentence, bounds[i, LAST_SENTENCE])
        short[document] = is_cut and (words < min_words or sentences < min_sentences)
        if not short[document]:
            for i in range(offsets[document], offsets[document + 1]):
                if codes[i] >= 0:
                    stands[codes[i]] = True


def settle(
    offsets: Int64Array,
    codes: Int64Array,
    always: Bools,
    bounds: Int64Array,
    totals: Int64Array,
    survivors: Int64Array,
    *,
    min_words: int,
    min_sentences: int,
) -> Bools:
    """Which documents are left with fewer than `min_words` words or `min_sentences` sentences, one
    after another in their order: the passages of such a document do not count as seen.

    `offsets` (documents + 1), `codes`, `always`, `bounds` (passages, 6): the documents' passages by
    begin. Those of one code (0, 1, ...) are equal; a code of -1 is none's equal. A passage goes if
    `always` says so or an equal one stands in an earlier document. `totals` (documents, 2): words
    and sentences. `survivors`: for a duplicate the document kept in its place, an earlier one of
    these, and then it takes part only if that one is short; -2 where that one cannot be; else -1.

    A document without a passage that goes is never short.
    """
    short = np.zeros(len(offsets) - 1, dtype=np.bool_)
    stands = np.zeros(int(codes.max(initial=-1)) + 1, dtype=np.bool_)
    settle_kernel(
        offsets, codes, always, bounds, totals, survivors, min_words, min_sentences, stands, short
    )
    return short
