"""What breaks if this fails: a page is scored with another page's body, or with none."""

from __future__ import annotations

import random
from collections.abc import Iterator

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lakeprep.lake.catalog import Lake
from lakeprep.lake.late import PLACE, with_column
from support import complete

ROWS = 200


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """Two files of 200 bodies in groups of 50, by Iceberg's names for them. A body says where it
    is."""
    folder = tmp_path_factory.mktemp("odd") / "a b#c[1]%20"
    folder.mkdir()
    for number in range(2):
        bodies = [b"%d:%d" % (number, row) for row in range(ROWS)]
        table = pa.table({"n": range(ROWS), "body": pa.array(bodies, pa.binary())})
        pq.write_table(table, folder / f"{number}.parquet", row_group_size=50)
    return [f"file:{folder}/0.parquet", f"file://{folder}/1.parquet"]


def batch(files: list[str], places: list[tuple[int, int]]) -> pa.RecordBatch:
    columns = [
        list(range(len(places))),
        [files[file] for file, _ in places],
        pa.array([row for _, row in places], pa.int64()),
    ]
    return pa.RecordBatch.from_arrays(list(map(pa.array, columns)), names=["id", *PLACE])


def read(*batches: pa.RecordBatch, most_bytes: int = 1 << 30) -> Iterator[tuple[int, bytes]]:
    for found in with_column(batches, "body", most_bytes):
        assert found.schema.names == ["id", "body"]
        yield from zip(found["id"].to_pylist(), found["body"].to_pylist(), strict=True)


@given(
    st.lists(st.lists(st.tuples(st.integers(0, 1), st.integers(0, ROWS - 1)), max_size=60)),
    st.integers(1, 300),
    st.booleans(),
)
def test_each_row_gets_what_is_at_its_place(
    files: list[str], batches: list[list[tuple[int, int]]], most_bytes: int, in_order: bool
) -> None:
    """In any order, with gaps and repeats; faster in that of the files."""
    batches = [sorted(places) for places in batches] if in_order else batches
    found = list(read(*(batch(files, places) for places in batches), most_bytes=most_bytes))
    assert found == [
        (number, b"%d:%d" % place) for places in batches for number, place in enumerate(places)
    ]


def test_parts_end_where_they_are_large_enough(files: list[str]) -> None:
    whole = batch(files, [(0, row) for row in range(ROWS)])
    parts = list(with_column([whole], "body", 200))
    assert 5 < len(parts) < 40
    assert all(part["body"].nbytes < 600 for part in parts), "16 rows more than was asked for"
    assert len(list(with_column([whole], "body", 1 << 30))) == 1


def test_a_row_that_is_not_there_is_missed(files: list[str]) -> None:
    with pytest.raises(LookupError, match=r"0\.parquet has no row 200"):
        list(read(batch(files, [(0, 0), (0, ROWS)])))


@pytest.mark.spark
def test_the_bodies_are_those_that_spark_reads(lake: Lake) -> None:
    """From several files, of rows that are not deleted."""
    draw = random.Random(4)
    for day in range(2):
        pages = [
            {
                "page_id": f"{day}{number:031x}",
                "url": "http://a.example/",
                "body": draw.randbytes(draw.randrange(3000)),
            }
            for number in range(300)
        ]
        frame = lake.spark.createDataFrame(complete("bronze.pages", pages))
        lake.append(frame.repartition(2), "bronze.pages", branch=None, properties={})
    lake.query("DELETE FROM lake.bronze.pages WHERE page_id LIKE '%5'")
    pages = lake.frame("bronze.pages")
    found = pages.select("page_id", *PLACE).mapInArrow(
        lambda batches: with_column(batches, "body", 50_000), "page_id string, body binary"
    )
    expected = sorted(pages.select("page_id", "body").collect())
    assert sorted(found.collect()) == expected
    assert len(expected) == 600 - 2 * 19
