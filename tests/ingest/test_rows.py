"""JSON lines and Parquet: rows that are pages, rows that are not, and what never breaks a run."""

from __future__ import annotations

import gzip
import json
import tracemalloc
from datetime import datetime, timezone
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import zstandard
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lakeprep.errors import InputError
from lakeprep.ingest.inputs import list_inputs
from lakeprep.ingest.parquet import check_columns
from lakeprep.ingest.reader import read_split
from lakeprep.ingest.records import EPOCH, Limits, Page, Reason, Reject
from lakeprep.ingest.sources import open_source
from lakeprep.ingest.splits import plan_splits


def lines(*rows: object) -> bytes:
    return b"".join(json.dumps(row).encode() + b"\n" for row in rows)


ROW = {"url": "http://site.example/1", "text": "words 中文", "id": "a1", "fetched_at": "2024-05-06"}


@pytest.mark.parametrize("name", ["a.jsonl", "a.jsonl.gz", "a.jsonl.zst", "a.ndjson"])
def test_the_same_lines_in_every_wrapping(read, name):
    data = lines(ROW, {**ROW, "id": 7})
    wrapped = {"gz": gzip.compress, "zst": zstandard.compress}.get(name[-3:].strip("."), bytes)
    first, second = read(wrapped(data), name)
    assert isinstance(first, Page)
    assert (first.body, first.content_type, first.charset) == (
        "words 中文".encode(), "text/plain", "utf-8"
    )  # fmt: skip
    assert first.record_id == "a1" and second.record_id == "7"
    assert first.fetched_at == datetime(2024, 5, 6, tzinfo=timezone.utc)
    assert (first.source_offset, first.inner_offset) != (second.source_offset, second.inner_offset)


def test_lines_that_are_no_pages(read):
    deep = "[" * 100_000 + "]" * 100_000
    rows = [
        (b"{not json}", Reason.BAD_JSON),
        (b'"a string"', Reason.BAD_JSON),
        (b'{"url": "http://s.example/", "text": ' + deep.encode() + b"}", Reason.BAD_JSON),
        (b'{"url": "http://s.example/", "text": "\xff"}', Reason.BAD_JSON),
        (b'{"url": "http://s.example/", "n": ' + b"9" * 9999 + b"}", Reason.BAD_JSON),
        (b'{"text": "x"}', Reason.NO_URL),
        (b'{"url": 5, "text": "x"}', Reason.NO_URL),
        (b'{"url": "http://s.example/"}', Reason.NO_TEXT),
        (b'{"url": "http://s.example/", "text": 5}', Reason.NO_TEXT),
        (b'{"url": "http://s.example/", "text": "  "}', Reason.EMPTY_BODY),
    ]
    found = read(b"".join(line + b"\n" for line, _ in rows), "a.jsonl")
    # An ordinary string or too long a number must not look like input of another kind.
    assert [item.reason for item in found] == [reason for _, reason in rows]


def test_names_are_mapped_and_text_goes_before_html(read):
    row = {"link": "http://site.example/", "content": "words", "raw": "<p>html</p>"}
    (page,) = read(lines(row), "a.jsonl", url="link", text="content", html="raw")
    assert (page.content_type, page.body) == ("text/plain", b"words")
    (page,) = read(
        lines({**row, "content": None}), "a.jsonl", url="link", text="content", html="raw"
    )
    assert (page.content_type, page.body) == ("text/html", b"<p>html</p>")


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (1714979289, datetime(2024, 5, 6, 7, 8, 9, tzinfo=timezone.utc)),
        (1714979289000, datetime(2024, 5, 6, 7, 8, 9, tzinfo=timezone.utc)),
        ("2024-05-06T07:08:09+00:00", datetime(2024, 5, 6, 7, 8, 9, tzinfo=timezone.utc)),
        (True, EPOCH), (None, EPOCH), ("soon", EPOCH), (-1, EPOCH), ([], EPOCH), (10**400, EPOCH),
    ],
)  # fmt: skip
def test_fetch_times(read, value, expected):
    (page,) = read(lines({**ROW, "fetched_at": value}), "a.jsonl")
    assert page.fetched_at == expected


def test_unpaired_surrogates_do_not_reach_the_tables(read):
    data = b'{"url": "http://s.example/\\ud800", "text": "a \\udc00 b", "id": "\\ud801"}\n'
    (page,) = read(data, "a.jsonl")
    assert page.body.decode() == "a \ufffd b"
    assert "\ufffd" in page.url and "\ufffd" in page.record_id


def test_a_line_above_the_limit_is_one_reject_in_bounded_memory(read):
    long = {"url": "http://s.example/", "text": "x" * (20 << 20)}
    data = gzip.compress(lines(ROW, long, ROW), 1)
    del long
    tracemalloc.start()
    found = read(data, "a.jsonl.gz", Limits(max_record_bytes=1 << 20))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert [type(item) for item in found] == [Page, Reject, Page]
    assert found[1].reason is Reason.TOO_LARGE
    assert peak < 8 << 20


def test_a_damaged_gzip_keeps_the_lines_around_the_damage(read):
    parts = [
        gzip.compress(lines(*({**ROW, "id": f"{p}-{i}"} for i in range(50)))) for p in range(3)
    ]
    broken = parts[1][: len(parts[1]) // 2]
    found = read(parts[0] + broken + parts[2], "a.jsonl.gz")
    ids = [item.record_id for item in found if isinstance(item, Page)]
    assert ids[:50] == [f"0-{i}" for i in range(50)]
    assert ids[-50:] == [f"2-{i}" for i in range(50)]
    assert len([item for item in found if isinstance(item, Reject)]) == 1


def test_a_last_line_without_a_break_counts(read):
    assert len(read(lines(ROW)[:-1], "a.jsonl")) == 1


@given(st.binary(max_size=400))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_any_bytes_behind_a_first_line_are_outcomes(read, noise):
    found = read(lines(ROW) + noise, "a.jsonl")
    expected = 1 + sum(1 for line in noise.split(b"\n") if line.strip())
    assert len(found) == expected


def parquet(path: Path, rows: dict[str, list[object]], **options: object) -> Path:
    pq.write_table(pa.table(rows), path, **options)
    return path


def read_parquet_file(path: Path, **fields: str):
    (split,) = plan_splits(list_inputs([str(path)]), 1 << 60)
    return list(read_split(split, Limits(), fields))[:-1]


def test_parquet_rows(tmp_path):
    stamp = datetime(2024, 5, 6, 7, 8, 9)
    path = parquet(
        tmp_path / "a.parquet",
        {
            "url": ["http://s.example/1", "http://s.example/2", None],
            "text": ["words", None, "x"],
            "html": [None, "<p>x</p>", None],
            "fetched_at": [stamp, stamp, stamp],
            "unused": [1, 2, 3],
        },
    )
    first, second, third = read_parquet_file(path)
    assert (first.content_type, second.content_type) == ("text/plain", "text/html")
    assert first.fetched_at == stamp.replace(tzinfo=timezone.utc)
    assert third.reason is Reason.NO_URL
    assert [item.inner_offset for item in (first, second, third)] == [0, 1, 2]


def test_parquet_with_binary_html_and_dictionaries(tmp_path):
    table = pa.table(
        {
            "url": pa.array(["http://s.example/1"] * 3).dictionary_encode(),
            "html": pa.array([b"<p>\xe4</p>"] * 3, pa.large_binary()),
        }
    )
    pq.write_table(table, tmp_path / "a.parquet")
    found = read_parquet_file(tmp_path / "a.parquet")
    assert [page.body for page in found] == [b"<p>\xe4</p>"] * 3
    assert found[0].charset is None


def test_parquet_without_the_columns_names_those_it_has(tmp_path):
    path = parquet(tmp_path / "a.parquet", {"link": ["x"], "body": ["y"]})
    with pytest.raises(InputError, match=r"a\.parquet.*link, body.*ingest\.fields"):
        check_columns(open_source(str(path)), {})
    check_columns(open_source(str(path)), {"url": "link", "text": "body"})
    assert [item.reason for item in read_parquet_file(path)] == [Reason.NO_URL]


@pytest.mark.parametrize("at", [0.3, 0.6, 0.9])
def test_damaged_parquet_is_rejects(tmp_path, at):
    path = parquet(
        tmp_path / "a.parquet",
        {
            "url": [f"http://s.example/{n}" for n in range(900)],
            "text": [f"{n}" * 50 for n in range(900)],
        },
        row_group_size=300,
    )
    data = bytearray(path.read_bytes())
    middle = int(len(data) * at)
    data[middle : middle + 64] = b"\xa5" * 64
    path.write_bytes(bytes(data))
    found = read_parquet_file(path)
    assert any(isinstance(item, Reject) and item.reason is Reason.DAMAGED for item in found)


def test_a_parquet_cut_in_half_is_one_reject(tmp_path):
    path = parquet(tmp_path / "a.parquet", {"url": ["http://s.example/"], "text": ["x"]})
    path.write_bytes(path.read_bytes()[:-30])
    (found,) = read_parquet_file(path)
    assert found.reason is Reason.DAMAGED
