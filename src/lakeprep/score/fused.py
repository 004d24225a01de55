"""The fused score pass: a batch of pages in, their rows of silver.documents out.

Text crosses from the JVM once. Bytes become text in a watched child (native parsers meet hostile
input there); everything after is kernels and libraries over Arrow columns.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator

import pyarrow as pa
import pyarrow.compute as pc

from lakeprep.kernels.maps import counts_as_map
from lakeprep.kernels.masks import count_kinds
from lakeprep.kernels.minhash import band_keys
from lakeprep.kernels.signals import script, text_signals
from lakeprep.kernels.word_signals import StopWords
from lakeprep.lake.schema import table_schema
from lakeprep.score.extract_batch import score_pages
from lakeprep.score.language import identify
from lakeprep.score.options import ScoreOptions
from lakeprep.score.url import url_features

#: English stop words of Gopher (Rae et al. 2021).
STOP_WORDS = {"en": frozenset({"the", "be", "to", "of", "and", "that", "have", "with"})}
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
    stop_words = StopWords.of(STOP_WORDS)
    for batch in batches:
        if batch.num_rows:
            yield score_batch(batch, options, run_id, stop_words)


def score_batch(
    batch: pa.RecordBatch, options: ScoreOptions, run_id: str, stop_words: StopWords
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
    texts = read.text
    language, language_score = identify(texts, options.language_identifier)
    columns |= {
        "status": read.status,
        "title": read.title,
        "text": texts,
        "text_digest": _digests(texts),
        "language": language,
        "language_score": language_score,
        "script": script(texts),
        "signals": _signals(texts, language, stop_words, schema.field("signals").type),
        "pii": _where_text(counts_as_map(count_kinds(texts), len(texts)), texts),
        "contamination": pa.nulls(len(texts), pa.list_(pa.string())),
        "bands": _where_text(band_keys(texts, options.bands, options.rows), texts),
        "run_id": pa.repeat(run_id, len(texts)),
    }
    arrays = [columns[field.name].cast(field.type) for field in schema]
    return pa.RecordBatch.from_arrays(arrays, schema=schema)


def _signals(
    texts: pa.Array, languages: pa.Array, stop_words: StopWords, kind: pa.StructType
) -> pa.StructArray:
    found = text_signals(texts, languages, stop_words)
    return pa.StructArray.from_arrays(
        [pa.array(found[field.name]) for field in kind], fields=list(kind), mask=texts.is_null()
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
