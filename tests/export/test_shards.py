"""Shards are a function of their rows, however Spark cuts those into batches."""

from __future__ import annotations

import hashlib
import io
import itertools
import json
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st

from lakeprep.export.folder import Folder
from lakeprep.export.manifest import Format, shard_name
from lakeprep.export.shards import SHARD, ShardWriter, encode_jsonl, encode_parquet, row_groups
from lakeprep.lake.schema import table_schema

Rows = Callable[..., list[dict[str, object]]]
SCHEMA = table_schema("gold.dataset").arrow()
ENCODERS = {"parquet": encode_parquet, "jsonl": encode_jsonl}
FORMATS: tuple[Format, ...] = ("parquet", "jsonl")


def cut(table: pa.Table, sizes: Sequence[int]) -> Iterator[pa.RecordBatch]:
    """The rows of `table` in batches of `sizes`, over and over; a 0 is an empty batch."""
    start = 0
    for size in itertools.cycle([*sizes, 1]):
        if start >= table.num_rows:
            return
        yield (
            table.slice(start, size).combine_chunks().to_batches()[0]
            if size
            else (pa.RecordBatch.from_pylist([], schema=table.schema))
        )
        start += size


def batch_of(rows: Sequence[dict[str, object]]) -> pa.RecordBatch:
    return pa.RecordBatch.from_pylist(list(rows), schema=SCHEMA)


def json_objects(content: bytes) -> list[dict[str, object]]:
    text = zstandard.ZstdDecompressor().stream_reader(io.BytesIO(content)).read().decode()
    return [json.loads(line) for line in text.split("\n")[:-1]]


@pytest.mark.parametrize("format", FORMATS)
@settings(max_examples=20, deadline=None)
@given(sizes=st.lists(st.integers(0, 60), min_size=1, max_size=6))
def test_bytes_do_not_depend_on_the_batches(
    gold_rows: Rows, format: Format, sizes: list[int]
) -> None:
    """Spark's batch size is a setting; were it visible in the bytes, two sites with two settings
    would export two different data sets from one release."""
    table = pa.Table.from_batches([batch_of(gold_rows(120))])
    whole, pieces = io.BytesIO(), io.BytesIO()
    assert ENCODERS[format](whole, table.to_batches(), SCHEMA) == 120
    assert ENCODERS[format](pieces, cut(table, sizes), SCHEMA) == 120
    assert whole.getvalue() == pieces.getvalue()


@settings(max_examples=60, deadline=None)
@given(
    texts=st.lists(st.one_of(st.none(), st.text(max_size=30)), max_size=40),
    sizes=st.lists(st.integers(0, 7), min_size=1, max_size=4),
    limit=st.integers(1, 60),
)
def test_row_groups_follow_the_plain_rule(
    texts: list[str | None], sizes: list[int], limit: int
) -> None:
    """A group ends with the row that brings it to the limit: no row lost, none moved."""
    table = pa.table({"text": pa.array(texts, pa.string())})
    expected: list[list[str | None]] = [[]]
    held = 0
    for text in texts:
        expected[-1].append(text)
        held += len((text or "").encode())
        if held >= limit:
            expected.append([])
            held = 0
    groups = row_groups(cut(table, sizes), table.schema, limit)
    assert [g.column("text").to_pylist() for g in groups] == [g for g in expected if g]


def test_a_shard_of_many_row_groups_is_read_back_in_order(
    gold_rows: Rows, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A row group too many or too few would lose or repeat the rows at the cut."""
    rows = batch_of(gold_rows(200))
    sink = io.BytesIO()
    monkeypatch.setattr(row_groups, "__defaults__", (5_000,))
    encode_parquet(sink, [rows], SCHEMA)
    file = pq.ParquetFile(io.BytesIO(sink.getvalue()))
    assert file.num_row_groups > 5
    assert file.read().column("text").to_pylist() == rows.column("text").to_pylist()
    assert file.schema_arrow.equals(SCHEMA)
    assert file.metadata.row_group(0).column(0).compression == "ZSTD"


def test_json_lines_hold_every_value(gold_rows: Rows) -> None:
    """Keys in the contract's order, text not escaped, times in ISO 8601 with their zone, maps as
    objects, and null for what JSON cannot say."""
    rows = gold_rows(90)
    sink = io.BytesIO()
    encode_jsonl(sink, [batch_of(rows)], SCHEMA)
    read = json_objects(sink.getvalue())
    assert [list(row) for row in read] == [SCHEMA.names] * 90
    assert [row["text"] for row in read] == [row["text"] for row in rows]
    assert [row["title"] for row in read] == [row["title"] for row in rows]
    assert [row["fetched_at"] for row in read[:3]] == [
        "2026-01-01T00:00:00Z",
        "2026-01-01T00:00:01.000001Z",
        "2026-01-01T00:00:02.000002Z",
    ]
    assert [row["quality_score"] for row in read[:3]] == [None, 0.5, None]
    assert [row["pii"] for row in read[:2]] == [{}, {"phone": 1, "email": 1}]
    raw = zstandard.ZstdDecompressor().stream_reader(io.BytesIO(sink.getvalue())).read()
    assert "春天".encode() in raw


def test_times_in_the_zone_of_a_given_session(gold_rows: Rows) -> None:
    """Under spark-submit the session's zone is the site's; the export is in UTC all the same."""
    batch = batch_of(gold_rows(5))
    index = SCHEMA.get_field_index("fetched_at")
    local = batch.column(index).cast(pa.timestamp("us", tz="Asia/Shanghai"))
    zoned = pa.RecordBatch.from_arrays(
        [local if i == index else column for i, column in enumerate(batch.columns)],
        names=SCHEMA.names,
    )
    for encode in ENCODERS.values():
        here, there = io.BytesIO(), io.BytesIO()
        encode(here, [batch], SCHEMA)
        encode(there, [zoned], SCHEMA)
        assert here.getvalue() == there.getvalue()


def test_a_worker_writes_each_shard_it_is_given(tmp_path: Path, gold_rows: Rows) -> None:
    """Shards meet in the middle of a batch and go on in the next; the answer vouches for each."""
    rows = batch_of(gold_rows(100))
    shards = pa.array([0] * 30 + [2] * 70, pa.int32())
    table = pa.table({**dict(zip(SCHEMA.names, rows.columns, strict=True)), SHARD: shards})
    write = ShardWriter(Folder(str(tmp_path)), "web", 3, "jsonl", SCHEMA)
    answers = [row for batch in write(cut(table, [23, 0])) for row in batch.to_pylist()]
    assert [(row["shard"], row["rows"], row["error"]) for row in answers] == [
        (0, 30, None),
        (2, 70, None),
    ]
    names = [shard_name("web", shard, 3, "jsonl") for shard in (0, 2)]
    assert sorted(path.name for path in tmp_path.iterdir()) == names
    for name, row in zip(names, answers, strict=True):
        content = (tmp_path / name).read_bytes()
        assert (len(content), hashlib.sha256(content).hexdigest()) == (row["bytes"], row["sha256"])


@pytest.mark.parametrize("format", FORMATS)
def test_a_full_disk_is_an_answer(tmp_path: Path, gold_rows: Rows, format: Format) -> None:
    """An exception would make Spark try four times and then print a trace."""
    name = shard_name("web", 0, 1, format)
    (tmp_path / f".{name}.0.tmp").symlink_to("/dev/full")
    write = ShardWriter(Folder(str(tmp_path)), "web", 1, format, SCHEMA)
    answer = write.write(0, [batch_of(gold_rows(3000))], attempt=0)
    assert "No space left" in str(answer["error"])
    assert list(tmp_path.iterdir()) == []


def test_a_failing_input_leaves_no_file(tmp_path: Path, gold_rows: Rows) -> None:
    """A task that Spark kills half-way must not leave a shard that looks whole."""

    def torn() -> Iterator[pa.RecordBatch]:
        yield batch_of(gold_rows(10))
        raise EOFError

    write = ShardWriter(Folder(str(tmp_path)), "web", 1, "parquet", SCHEMA)
    with pytest.raises(EOFError):
        write.write(0, torn(), attempt=7)
    assert list(tmp_path.iterdir()) == []
