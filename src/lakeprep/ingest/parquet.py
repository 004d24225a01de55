"""Parquet by row groups, in small batches."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from lakeprep.errors import InputError
from lakeprep.ingest.records import Limits, Page, Reason, Reject, Seam
from lakeprep.ingest.rows import Place, column_names, row_outcome
from lakeprep.ingest.sources import Source, SourceFile
from lakeprep.ingest.splits import Split

if TYPE_CHECKING:
    import pyarrow.parquet as pq

_BATCH_BYTES = 16 * 1024 * 1024
_MAX_BATCH_ROWS = 1024
_COLUMNS_NAMED = 20


def read_parquet(
    source: Source, split: Split, limits: Limits, fields: Mapping[str, str]
) -> Iterator[Page | Reject | Seam]:
    """The rows of the row groups that begin in the split, then the seam.

    A row group of which a part cannot be decoded gives its rows up to there and one reject.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    names = column_names(fields)
    try:
        table = pq.ParquetFile(SourceFile(source))
        starts = [_group_start(table, group) for group in range(table.num_row_groups)]
    except (pa.ArrowException, OSError) as error:
        if split.start == 0:
            yield Place(split.path, 0, 0, 0).reject(Reason.DAMAGED, f"Parquet: {error}")
        yield Seam(start=split.start, stop=split.end)
        return
    own = [group for group, start in enumerate(starts) if split.start <= start < split.end]
    for group in own:
        stored = _group_bytes(table, group)
        row = 0
        try:
            for record in _group_rows(table, group, set(names.values())):
                place = Place(split.path, starts[group], row, stored)
                yield row_outcome(record, place, limits, names)
                row += 1
        except (pa.ArrowException, OSError) as error:
            place = Place(split.path, starts[group], row, stored)
            yield place.reject(Reason.DAMAGED, f"row group {group}: {error}")
    later = [start for start in starts if start >= split.end]
    yield Seam(start=starts[own[0]] if own else None, stop=min(later, default=split.file_bytes))


def check_columns(source: Source, fields: Mapping[str, str]) -> None:
    """Raises InputError where a Parquet file lacks the URL, or both text and HTML. One whose
    footer cannot be read passes: it is damaged, which its reading will say."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    names = column_names(fields)
    try:
        columns: list[str] = pq.ParquetFile(SourceFile(source)).schema_arrow.names
    except (pa.ArrowException, OSError):
        return
    if names["url"] in columns and (names["text"] in columns or names["html"] in columns):
        return
    listed = ", ".join(columns[:_COLUMNS_NAMED]) or "none"
    raise InputError(
        f"{source.path}: no columns {names['url']} and {names['text']} or {names['html']}; it has"
        f" {listed}. Name the right ones in the recipe's ingest.fields."
    )


def _group_start(table: pq.ParquetFile, group: int) -> int:
    """Byte of the file at which a row group's first page stands."""
    meta = table.metadata.row_group(group)
    starts: list[int] = []
    for index in range(meta.num_columns):
        column = meta.column(index)
        places = (column.dictionary_page_offset, column.data_page_offset)
        starts.extend(place for place in places if place)
    return min(starts, default=0)


def _group_bytes(table: pq.ParquetFile, group: int) -> int:
    meta = table.metadata.row_group(group)
    return sum(meta.column(index).total_compressed_size for index in range(meta.num_columns))


def _group_rows(table: pq.ParquetFile, group: int, wanted: set[str]) -> Iterator[dict[str, object]]:
    """Rows as name to value, of the wanted columns that are there; a batch of them at a time."""
    meta = table.metadata.row_group(group)
    columns = [name for name in table.schema_arrow.names if name in wanted]
    mean_row = max(1, meta.total_byte_size // max(1, meta.num_rows))
    rows = max(1, min(_MAX_BATCH_ROWS, _BATCH_BYTES // mean_row))
    if not columns:
        yield from ({} for _ in range(meta.num_rows))
        return
    for batch in table.iter_batches(batch_size=rows, row_groups=[group], columns=columns):
        for values in zip(*(batch.column(name).to_pylist() for name in columns), strict=True):
            yield dict(zip(columns, values, strict=True))
