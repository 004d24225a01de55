"""Passages seen before, taken out of the documents that a run keeps: RULES.md section 10.

Documents are judged one after another: those of earlier runs first, then by fetch time, then by
doc_id. A passage that a document kept before has goes; so does one that the document itself has
further up. A document that this leaves too short is filtered, and what it has does not count as
seen. Hashes decide all of that; the texts are read once to make them, once to write the data set.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from lakeprep.kernels.maps import counts_as_map

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

    from lakeprep.kernels.passages import Passages as Found
    from lakeprep.lake.catalog import Lake
    from lakeprep.recipe import Passages

    Int64Array = npt.NDArray[np.int64]

#: Repeated passages up to which the driver judges (some 250 bytes each); Spark does beyond.
DRIVER_PASSAGES: Final = 1_000_000
#: Rounds of that loop; a chain of documents, each short because of the one before, takes one each.
MAX_ROUNDS: Final = 32
#: Rows that a worker hands over at once, and bytes of text that it cuts at once.
_ROWS: Final = 1 << 16
_BYTES: Final = 1 << 20

_KEYS: Final = ("key_high", "key_low")
_BOUNDS: Final = ("start", "stop", "first_word", "last_word", "first_sentence", "last_sentence")
_TOTALS: Final = ("words", "sentences")
_OCCURRENCES: Final = pa.schema(
    [
        ("rank", pa.int64()),
        ("survivor_rank", pa.int64()),
        ("is_line", pa.bool_()),
        *((name, pa.int64()) for name in _KEYS),
        *((name, pa.int32()) for name in (*_BOUNDS, *_TOTALS)),
        ("repeated", pa.bool_()),
    ]
)


@dataclass(frozen=True, slots=True)
class Settled:
    """What is left of a run's documents. `outcomes`: theirs after passages. `removals`: doc_id and
    the stretches that go from its text; `additions`: new rows of the index; both None where the
    recipe has no passages."""

    outcomes: DataFrame
    removals: DataFrame | None = None
    additions: DataFrame | None = None
    detail: dict[str, int] = field(default_factory=dict)

    def marked(self, kept: DataFrame) -> DataFrame:
        """`kept` (doc_id, text, ...) with what goes from its texts, for `without_passages`."""
        return kept if self.removals is None else kept.join(self.removals, "doc_id", "left")


def settle_passages(
    lake: Lake,
    section: Passages,
    *,
    documents: DataFrame,
    outcomes: DataFrame,
    published: DataFrame,
    index: str,
    full: bool = False,
) -> Settled:
    """Outcomes of `documents` (new rows of silver.documents) after passages, and what goes.

    outcomes: theirs after rules and duplicates. published: doc_id of documents that earlier runs
    kept and this one keeps. index: the table of their passages. full: what it holds is out of date.
    """
    if not section.is_on:
        return Settled(outcomes)
    site = section.site_lines.site if section.site_lines else "host"
    candidates = lake.computed(
        lake.sql("passages/candidates", text={"site": site}, outcomes=outcomes, documents=documents)
    )
    texts = lake.sql("passages/texts", documents=documents, candidates=candidates)
    occurrences = lake.computed(_occurrences(texts, section))
    known = _known(lake, occurrences, published, None if full else index)
    min_pages = section.site_lines.min_pages if section.site_lines else 0
    suspects = lake.computed(
        lake.sql(
            "passages/suspects", {"min_pages": min_pages}, occurrences=occurrences, known=known
        )
    )
    ranks, undecided = _short(lake, suspects, section)
    short = _frame(lake, ranks)
    gone = lake.sql("passages/gone", suspects=suspects, short=short)
    removals = lake.computed(
        lake.sql("passages/removals", gone=gone, candidates=candidates, short=short)
    )
    return Settled(
        lake.computed(
            lake.sql("passages/outcomes", outcomes=outcomes, candidates=candidates, short=short)
        ),
        removals,
        lake.sql(
            "passages/additions",
            occurrences=occurrences,
            known=known,
            candidates=candidates,
            short=short,
        ),
        {
            "shortened": removals.count(),
            "passages_too_short": len(ranks),
            "passages_undecided": undecided,
        },
    )


def _occurrences(texts: DataFrame, section: Passages) -> DataFrame:
    """Every passage and line of the texts (rank, survivor_rank, site, text), one a row."""

    def run(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        from lakeprep.kernels.passages import find_passages  # the workers'

        for batch in _small(batches):
            column = batch.column("text")
            if section.unit:
                found = find_passages(column, section.unit, window=section.window)
                yield from _as_rows(batch, found, is_line=False)
            if section.site_lines:
                sites = batch.column("site")
                column = pc.if_else(pc.is_valid(sites), column, "")
                seeds = pc.fill_null(sites, 0).to_numpy()
                found = find_passages(column, "lines", seeds=seeds)
                yield from _as_rows(batch, found, is_line=True)

    from pyspark.sql.pandas.types import from_arrow_schema

    return texts.mapInArrow(run, from_arrow_schema(_OCCURRENCES))


def _small(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """The batches in parts of about `_BYTES` of text, or of one text: what a worker holds of
    passages may be fifty times their text."""
    for batch in batches:
        sizes = pc.fill_null(pc.binary_length(batch.column("text")), 0).to_numpy()
        parts = np.cumsum(sizes) // _BYTES
        edges = [0, *(np.flatnonzero(np.diff(parts)) + 1).tolist(), batch.num_rows]
        for start, stop in pairwise(edges):
            yield batch.slice(start, stop - start)


def _as_rows(batch: pa.RecordBatch, found: Found, *, is_line: bool) -> Iterator[pa.RecordBatch]:
    document = np.repeat(np.arange(batch.num_rows), np.diff(found.offsets))
    for at in range(0, len(document), _ROWS):
        part = slice(at, at + _ROWS)
        own = pa.array(document[part])
        columns = {
            "rank": batch.column("rank").take(own),
            "survivor_rank": batch.column("survivor_rank").take(own),
            "is_line": pa.repeat(is_line, len(own)),
            "repeated": pa.array(found.repeated[part]),
        }
        numbers = np.hstack([found.keys[part], found.bounds[part], found.totals[document[part]]])
        for name, values in zip((*_KEYS, *_BOUNDS, *_TOTALS), numbers.T, strict=True):
            columns[name] = pa.array(np.ascontiguousarray(values))
        yield pa.RecordBatch.from_arrays(
            [columns[column.name].cast(column.type) for column in _OCCURRENCES],
            schema=_OCCURRENCES,
        )


def _known(
    lake: Lake, occurrences: DataFrame, published: DataFrame, index: str | None
) -> DataFrame:
    """What earlier runs know of the occurrences: their keys, and of lines the pages."""
    if index is None or lake.is_empty(index):
        return lake.spark.createDataFrame([], "key_high long, key_low long, pages long")
    rows = lake.frame(index)
    matched = lake.computed(lake.sql("passages/matched", index=rows, occurrences=occurrences))
    return lake.computed(lake.sql("passages/known", matched=matched, published=published))


def _short(lake: Lake, suspects: DataFrame, section: Passages) -> tuple[Int64Array, int]:
    """Ranks of the documents left too short, ascending, and how many could not be told."""
    if suspects.count() > DRIVER_PASSAGES:
        return _short_in_spark(lake, suspects, section)
    from lakeprep.kernels.passages import settle

    table = suspects.toArrow().sort_by([("rank", "ascending"), ("start", "ascending")])
    columns = {
        name: table.column(name).to_numpy()
        for name in ("rank", "is_line", "always", *_KEYS, *_BOUNDS, *_TOTALS)
    }
    ranks, first = np.unique(columns["rank"], return_index=True)
    keys = np.column_stack([columns[name] for name in _KEYS])
    codes = np.unique(keys, axis=0, return_inverse=True)[1].reshape(-1).astype(np.int64)
    survivor = table.column("survivor_rank").take(pa.array(first))
    place = pc.index_in(survivor, pa.array(ranks), skip_nulls=True).fill_null(-2)
    short = settle(
        np.append(first, len(keys)).astype(np.int64),
        np.where(columns["is_line"], -1, codes),
        columns["always"],
        np.column_stack([columns[name] for name in _BOUNDS]).astype(np.int64),
        np.column_stack([columns[name][first] for name in _TOTALS]).astype(np.int64),
        np.where(survivor.is_null(), -1, place).astype(np.int64),
        min_words=section.min_words,
        min_sentences=section.min_sentences,
    )
    return ranks[short], 0


def _short_in_spark(lake: Lake, suspects: DataFrame, section: Passages) -> tuple[Int64Array, int]:
    """The same by rounds over all documents: each finds those too short given those of the round
    before, until it finds the same. The first document whose answer is still wrong comes later in
    the order with every round, so that a fixed point is the answer.

    Where `MAX_ROUNDS` do not reach it, only what the last two rounds both say counts, and what has
    not a word left; the documents they differ in are kept with what is left, and counted.
    """

    def judge(ranks: Int64Array, min_words: int, min_sentences: int) -> Int64Array:
        gone = lake.sql("passages/gone", suspects=suspects, short=_frame(lake, ranks))
        least = {"min_words": min_words, "min_sentences": min_sentences}
        found = lake.sql("passages/short", least, gone=gone).toArrow().column("rank").to_numpy()
        return np.sort(found)

    before, short = None, np.zeros(0, dtype=np.int64)
    for _ in range(MAX_ROUNDS):
        before, short = short, judge(short, section.min_words, section.min_sentences)
        if np.array_equal(before, short):
            return short, 0
    assert before is not None  # there is a round
    certain = np.intersect1d(before, short)
    empty = judge(certain, 1, 0)
    return np.union1d(certain, empty), len(np.setdiff1d(np.setxor1d(before, short), empty))


def _frame(lake: Lake, ranks: Int64Array) -> DataFrame:
    return lake.spark.createDataFrame(pa.table({"rank": pa.array(ranks, pa.int64())}))


def without_passages(batch: pa.RecordBatch) -> dict[str, pa.Array]:
    """The columns of `batch` with the marked stretches gone from its texts, the words of these
    counted anew, and `removed`: what went, by kind."""
    columns = {name: batch.column(name) for name in batch.schema.names}
    if "spans" not in columns:
        return {**columns, "removed": counts_as_map({}, batch.num_rows)}
    from lakeprep.kernels.cuts import cut_spans  # the workers'
    from lakeprep.kernels.passages import find_passages

    spans = columns.pop("spans")
    flat = spans.flatten()
    bounds = [pc.cast(flat.field(name), pa.int64()).to_numpy() for name in ("start", "stop")]
    documents = pc.list_parent_indices(spans).to_numpy().astype(np.int64)
    texts, characters = cut_spans(columns["text"], documents, np.column_stack(bounds))
    changed = np.unique(documents)
    words = columns["word_count"].to_numpy().copy()
    words[changed] = find_passages(texts.take(pa.array(changed)), "lines").totals[:, 0]
    removed = {
        name: pc.fill_null(columns.pop(name), 0).to_numpy().astype(np.int64)
        for name in ("passages", "site_lines")
    }
    return {
        **columns,
        "text": texts,
        "word_count": pa.array(words),
        "removed": counts_as_map({**removed, "characters": characters}, batch.num_rows),
    }
