"""Point lookups: columns of few rows out of many, from the pages of Parquet that hold them.

Readers of Iceberg tables skip files and row groups, but no pages within a row group: to find one
text in a thousand they decompress all. DataFusion reads the keys of a file, and then of other
columns only the pages in which a wanted row lies. Which file a row is in says Iceberg (`_file`), so
that snapshots and deleted rows are its own affair.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc

from lakeprep.lake.files import local_path
from lakeprep.lake.schema import table_schema

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

KEY = "doc_id"
#: Column of places: the data file a document is in, Iceberg's `_file`.
FILE = "file"
#: Rows that are read at a time: of texts of 50 MB there is room for so many.
_ROWS = 32


def look_up(places: DataFrame, table: str, columns: Sequence[str]) -> DataFrame:
    """Rows of `table` with these columns and `doc_id`, in any order.

    places: doc_id, each once, and file.

    Raises (in the worker):
        LookupError: a file lacks a document that `places` say is in it.
    """
    from pyspark.sql.types import StructType

    schema = [field for field in table_schema(table).spark() if field.name in (KEY, *columns)]
    files_at_once = places.sparkSession.sparkContext.defaultParallelism
    return places.repartition(files_at_once, FILE).mapInArrow(
        _reader([field.name for field in schema]), StructType(schema)
    )


def _reader(
    columns: Sequence[str],
) -> Callable[[Iterable[pa.RecordBatch]], Iterator[pa.RecordBatch]]:
    def read(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        if not (given := list(batches)):
            return
        places = pa.Table.from_batches(given)
        files = places.column(FILE)
        for file in pc.unique(files).to_pylist():
            keys = places.filter(pc.equal(files, file)).column(KEY)
            missing = len(keys)
            for found in _pages(file, keys, columns):
                missing -= len(found)
                yield found
            if missing:
                raise LookupError(f"{file} lacks {missing} of {len(keys)} documents")

    return read


def _pages(file: str, keys: pa.ChunkedArray, columns: Sequence[str]) -> Iterator[pa.RecordBatch]:
    """The rows of a Parquet file with these keys, at most `_ROWS` at a time."""
    from datafusion import SessionConfig, SessionContext, col, lit
    from datafusion.functions import in_list

    parquet = "datafusion.execution.parquet"
    settings = (
        SessionConfig()
        .with_target_partitions(1)
        .with_batch_size(_ROWS)
        .set(f"{parquet}.pushdown_filters", "true")
        .set(f"{parquet}.schema_force_view_types", "false")
    )
    # An URL, because what looks like a pattern in a path is taken for one.
    rows = SessionContext(settings).read_parquet(local_path(file).as_uri())
    wanted = in_list(col(KEY), [lit(key) for key in keys.to_pylist()])
    for batch in rows.filter(wanted).select(*columns).execute_stream():
        yield batch.to_pyarrow()
