"""The fused score pass: a batch of pages in, their rows of silver.documents out.

Text crosses from the JVM once. Bytes become text in a watched child (native parsers meet hostile
input there); everything after is kernels and libraries over Arrow columns.

With a line editor, what is stored is the edited text, and digest, language, personal data, bands
and signals are of it, but for Gopher's signals (RULES.md sections 2 and 3): these are of the text
before the edit.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from lakeprep.kernels.bad_words import WordLists
from lakeprep.kernels.line_editor import Edited, edit_lines
from lakeprep.kernels.maps import counts_as_map
from lakeprep.kernels.masks import count_kinds
from lakeprep.kernels.minhash import band_keys
from lakeprep.kernels.signals import script, text_signals
from lakeprep.kernels.word_signals import StopWords
from lakeprep.lake.schema import table_schema
from lakeprep.score.extract_batch import PageTexts, score_pages
from lakeprep.score.language import identify
from lakeprep.score.options import ScoreOptions
from lakeprep.score.stop_words import stop_words
from lakeprep.score.url import url_features

#: Columns that are carried over, with their names in silver.documents.
_CARRIED = {
    "page_id": "doc_id",
    "url": "url",
    "fetched_at": "fetched_at",
    "source_path": "source_path",
    "source_offset": "source_offset",
    "source_length": "source_length",
    "record_id": "record_id",
}


def score_batches(
    batches: Iterable[pa.RecordBatch], options: ScoreOptions, run_id: str
) -> Iterator[pa.RecordBatch]:
    """What `mapInArrow` runs: `score_batch` of each batch, with what all of them need made once."""
    lists = word_lists(options)
    for batch in batches:
        if batch.num_rows:
            yield score_batch(batch, options, run_id, lists)


@dataclass(frozen=True)
class Lists:
    """Word lists in the compact form that the kernels take."""

    stop_words: StopWords
    bad_words: WordLists


def word_lists(options: ScoreOptions) -> Lists:
    """The lists of these options, made once a worker."""
    return _word_lists(tuple(sorted(options.bad_words.items())))


@lru_cache(maxsize=4)
def _word_lists(bad_words: tuple[tuple[str, tuple[str, ...]], ...]) -> Lists:
    return Lists(StopWords.of(stop_words()), WordLists.of(dict(bad_words)))


def score_batch(
    batch: pa.RecordBatch, options: ScoreOptions, run_id: str, lists: Lists
) -> pa.RecordBatch:
    """Rows of silver.documents for rows of bronze.pages (`stage.INPUT_COLUMNS`), in order."""
    schema = table_schema("silver.documents").arrow()
    columns = {name: batch.column(source) for source, name in _CARRIED.items()}
    for name, values in zip(
        ("url_key", "host", "domain"), url_features(batch.column("url")), strict=True
    ):
        columns[name] = pc.fill_null(values, "")  # a URL without a host
    read = score_pages(
        batch.column("body"),
        batch.column("content_type"),
        batch.column("charset"),
        options,
    )
    status, texts, edited = read.status, read.text, None
    if options.line_editor:
        edited = edit_lines(read.text, terminal_marks=options.line_editor_terminal_marks)
        texts, status = _edited(read, edited)
    language, language_score = identify(texts, options.language_identifier)
    columns |= {
        "status": status,
        "title": read.title,
        "text": texts,
        "text_digest": _digests(texts),
        "language": language,
        "language_score": language_score,
        "script": script(texts),
        "signals": _structs(
            text_signals(
                read.text, language, lists.stop_words, edited=edited, bad_words=lists.bad_words
            ),
            schema.field("signals").type,
            texts.is_null(),
        ),
        "pii": _where_text(counts_as_map(count_kinds(texts), len(texts)), texts),
        "contamination": pa.nulls(len(texts), pa.list_(pa.string())),
        "bands": _where_text(band_keys(texts, options.bands, options.rows), texts),
        "run_id": pa.repeat(run_id, len(texts)),
    }
    arrays = [columns[field.name].cast(field.type) for field in schema]
    return pa.RecordBatch.from_arrays(arrays, schema=schema)


def _edited(read: PageTexts, edited: Edited) -> tuple[pa.Array, pa.Array]:
    """Texts and status after the edit. A page without a kept line is `empty`, as one that had no
    text: its text and signals are null."""
    empty = pc.and_(read.text.is_valid(), pc.equal(pc.binary_length(edited.texts), 0))
    gone = pc.or_(read.text.is_null(), empty)
    texts = pc.if_else(gone, pa.scalar(None, edited.texts.type), edited.texts)
    return texts, pc.if_else(empty, "empty", read.status)


def _structs(
    signals: Mapping[str, npt.NDArray[np.float64]], kind: pa.StructType, missing: pa.Array
) -> pa.StructArray:
    """The column of signals; null where there is no text."""
    return pa.StructArray.from_arrays(
        [pa.array(signals[field.name]) for field in kind], fields=list(kind), mask=missing
    )


def _where_text(values: pa.Array, texts: pa.Array) -> pa.Array:
    """Null where there is no text."""
    return pc.if_else(texts.is_valid(), values, pa.scalar(None, values.type))


def _digests(texts: pa.Array) -> pa.Array:
    """32 hex digits of BLAKE2b over the UTF-8 text."""
    return pa.array(
        [
            hashlib.blake2b(text.as_buffer(), digest_size=16).hexdigest() if text.is_valid else None
            for text in texts
        ],
        type=pa.string(),
    )
