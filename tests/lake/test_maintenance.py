"""Compaction changes files and nothing else; the duplicate index stays small and joins in place."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow.parquet as pq
import pytest

from lakeprep.lake.catalog import Lake
from lakeprep.lake.maintenance import compact, data_bytes

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

pytestmark = pytest.mark.spark
BANDS = 14
BUCKETS = 2
#: Issue 5: what a document may take on disk.
BYTES_A_DOCUMENT = 200


def bands(lake: Lake, first: int, last: int) -> DataFrame:
    """Rows of silver.bands of documents that resemble nothing: what compresses least."""
    keys = f"TRANSFORM(SEQUENCE(0, {BANDS - 1}), band -> XXHASH64(id, band))"
    return (
        lake.spark.range(first, last, 1, 2)
        .selectExpr("MD5(CAST(id AS STRING)) AS doc_id", f"POSEXPLODE({keys}) AS (band, key)")
        .select("band", "key", "doc_id")
    )


def fill(lake: Lake, documents: int, days: int) -> None:
    for day in range(days):
        frame = bands(lake, documents * day // days, documents * (day + 1) // days)
        lake.append(frame, "silver.bands", branch=None, properties={})


def checksum(lake: Lake) -> tuple[object, ...]:
    row = lake.frame("silver.bands").selectExpr(
        "COUNT(*)", "BIT_XOR(XXHASH64(band, key, doc_id))", "COUNT(DISTINCT doc_id)"
    )
    return tuple(row.collect()[0])


@pytest.mark.parametrize("documents", [10_000, pytest.param(100_000, marks=pytest.mark.slow)])
def test_the_index_is_small_before_and_after_compaction(lake: Lake, documents: int) -> None:
    """At 200 bytes a billion documents are 200 GB. Small files have footers beside."""
    fill(lake, documents, days=2)
    before, head = checksum(lake), lake.head("silver.bands")
    assert data_bytes(lake, "silver.bands") <= 1.03 * BYTES_A_DOCUMENT * documents

    done = compact(lake, "silver.bands")
    assert done.files_before > done.files_after == BUCKETS
    assert checksum(lake) == before
    assert data_bytes(lake, "silver.bands") <= BYTES_A_DOCUMENT * documents
    files = lake.query("SELECT file_path FROM lake.silver.bands.files").collect()
    for file in files:
        parquet = pq.ParquetFile(file.file_path.removeprefix("file:"))
        ids = parquet.read(columns=["doc_id"])["doc_id"].to_pylist()
        assert ids == sorted(ids)
        encodings = parquet.metadata.row_group(0).column(2).encodings
        assert "PLAIN" not in encodings, "a dictionary of all identifiers: a join reads few of them"

    fill(lake, 10, days=1)
    assert head is not None
    new = lake.new_rows("silver.bands", since=head, until=lake.head("silver.bands") or 0)
    assert new.count() == 10 * BANDS, "readers of what is new pass over the compaction"


def test_there_may_be_nothing_to_compact(lake: Lake) -> None:
    assert compact(lake, "silver.bands").files_before == 0
    fill(lake, 10, days=1)
    assert compact(lake, "silver.bands").files_before == 2 * BUCKETS, "of two tasks"
    assert compact(lake, "silver.bands").files_before == 0
    assert compact(lake, "ops.metrics").files_before == 0


@pytest.mark.parametrize("on", [["key"], ["band", "key"]], ids=["key", "band-key"])
@pytest.mark.parametrize("how", ["inner", "left_semi"])
def test_a_days_join_shuffles_only_the_day(lake: Lake, on: list[str], how: str) -> None:
    """With a day too big to send to every executor. Were the index shuffled, each day would cost
    what the whole index weighs."""
    fill(lake, 400, days=2)
    lake.spark.conf.set("spark.sql.autoBroadcastJoinThreshold", "-1")
    day = bands(lake, 300, 500).withColumnRenamed("doc_id", "new_id")
    joined = lake.frame("silver.bands").join(day, on, how)
    above = between_join_and_scan(joined, "silver.bands")
    assert not any("Exchange" in line for line in above), above
    assert joined.count() == 100 * BANDS


def between_join_and_scan(frame: DataFrame, table: str) -> list[str]:
    """The lines of the plan between the scan of `table` and the nearest join above it."""
    plan = frame._jdf.queryExecution().executedPlan().toString().splitlines()
    depth = [next((i for i, char in enumerate(line) if char.isalpha()), 0) for line in plan]
    at = next(i for i, line in enumerate(plan) if "BatchScan" in line and table in line)
    above = []
    for i in range(at - 1, -1, -1):
        if depth[i] < depth[at]:
            if "Join" in plan[i]:
                return above
            above.append(plan[i])
            at = i
    raise AssertionError("no join above the scan:\n" + "\n".join(plan))
