"""Exports of releases on real Iceberg tables."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from lakeprep.errors import UsageError
from lakeprep.export.manifest import MANIFEST, Format, verify
from lakeprep.export.stage import MARKER, ExportSummary, export
from lakeprep.export.upweight import parse_weights
from lakeprep.lake.catalog import Lake, dataset_tables
from lakeprep.lake.runs import Run

pytestmark = pytest.mark.spark

Rows = Callable[..., list[dict[str, object]]]
Release = Callable[..., Lake]
TAG = "release_20260107-1"


def contents(folder: Path) -> dict[str, str]:
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.iterdir()}


@pytest.fixture
def out(tmp_path: Path) -> Path:
    """A folder that is not there yet; the lake stands beside it."""
    return tmp_path / "out"


def to_parquet(lake: Lake, folder: Path, tag: str | None = None) -> ExportSummary:
    return export(lake, "web", tag=tag, to=str(folder), format="parquet", rows_per_shard=40)


@pytest.mark.parametrize("format", ["parquet", "jsonl"])
def test_same_bytes_whatever_the_partitions(
    tmp_path: Path, release: Release, gold_rows: Rows, format: Format
) -> None:
    """Files, partitions and batches of a lake are accidents; a release has one spelling."""
    rows = gold_rows(150)
    lake = release(rows, TAG, partitions=1)
    one = export(lake, "web", tag=TAG, to=str(tmp_path / "one"), format=format, rows_per_shard=40)
    assert (len(one.files), one.rows, one.changed) == (4, 150, True)

    lake.spark.sql(f"DELETE FROM {lake.full_name('gold.web')}")
    release(rows[::-1], "other", partitions=5)
    settings = {
        "spark.sql.shuffle.partitions": "7",
        "spark.sql.execution.arrow.maxRecordsPerBatch": "11",
        "spark.sql.session.timeZone": "Asia/Shanghai",
    }
    before = {key: lake.spark.conf.get(key) for key in settings}
    for key, value in settings.items():
        lake.spark.conf.set(key, value)
    two = export(
        lake, "web", tag="other", to=str(tmp_path / "two"), format=format, rows_per_shard=40
    )
    for key, value in before.items():
        lake.spark.conf.set(key, str(value))
    assert one.files == two.files
    assert verify(str(tmp_path / "one" / MANIFEST)) == ()
    first, second = contents(tmp_path / "one"), contents(tmp_path / "two")
    del first[MANIFEST], second[MANIFEST]  # they name different tags
    assert first == second


def test_manifest_says_what_the_release_is(
    out: Path, release: Release, gold_rows: Rows, run: Run
) -> None:
    """A training run that holds only the folder can name the snapshot and recipe of its data, and
    a byte that changed on the way is found."""
    lake = release(gold_rows(100), TAG)
    summary = to_parquet(lake, out)
    path = out / MANIFEST
    manifest = json.loads(path.read_text())
    assert manifest["snapshot_id"] == summary.snapshot == lake.refs("gold.web")[TAG]
    assert (manifest["dataset"], manifest["tag"]) == ("web", TAG)
    assert manifest["recipe_hash"] == run.recipe_hash
    assert manifest["score_hash"] == run.score_hash
    assert manifest["run_id"] == run.run_id
    assert manifest["rows"] == 100 == sum(file["rows"] for file in manifest["files"])
    assert {MANIFEST, *(file["name"] for file in manifest["files"])} == set(contents(out))
    read = [pq.read_table(out / file["name"]) for file in manifest["files"]]
    for table, file in zip(read, manifest["files"], strict=True):
        ids = table.column("doc_id").to_pylist()
        assert len(ids) == file["rows"]
        assert ids == sorted(ids)
    assert {i for table in read for i in table.column("doc_id").to_pylist()} == {
        row["doc_id"] for row in gold_rows(100)
    }
    assert verify(str(path)) == ()
    victim = out / manifest["files"][0]["name"]
    whole = victim.read_bytes()
    victim.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
    assert verify(str(path)) == (f"{victim.name}: has another sha256 than the manifest says",)
    victim.write_bytes(whole[:-1])
    assert "bytes; the manifest says" in verify(str(path))[0]
    victim.unlink()
    assert verify(str(path)) == (f"{victim.name}: is missing",)
    assert to_parquet(lake, out).changed  # what is damaged is written again
    assert verify(str(path)) == ()


def test_newest_release_and_tags(tmp_path: Path, release: Release, gold_rows: Rows) -> None:
    """No tag means the newest release; a tag reads that release though main has moved on; other
    tags are nobody's default."""
    release(gold_rows(10), "release_b")
    release(gold_rows(10, first=10), "release_a")
    lake = release(gold_rows(10, first=20), "draft")
    newest = to_parquet(lake, tmp_path / "newest")
    assert (newest.tag, newest.rows) == ("release_a", 20)
    assert to_parquet(lake, tmp_path / "old", "release_b").rows == 10
    assert to_parquet(lake, tmp_path / "draft", "draft").rows == 30
    with pytest.raises(UsageError, match="newest first: draft, release_a, release_b"):
        to_parquet(lake, tmp_path / "none", "release_c")
    assert not (tmp_path / "none").exists()


def test_what_cannot_be_exported_is_said(tmp_path: Path, lake: Lake) -> None:
    """Each mistake of a first-time user has its own message, and leaves nothing behind."""
    with pytest.raises(UsageError, match="data sets: none yet"):
        to_parquet(lake, tmp_path / "out")
    lake.ensure(*dataset_tables("web"))
    with pytest.raises(UsageError, match="no release yet"):
        to_parquet(lake, tmp_path / "out")
    with pytest.raises(UsageError, match="no tag 'x'; tags, newest first: none yet"):
        to_parquet(lake, tmp_path / "out", "x")
    assert not (tmp_path / "out").exists()


def test_a_folder_is_written_once(tmp_path: Path, release: Release, gold_rows: Rows) -> None:
    """The same export again does nothing; another one, or a folder with other things in it, is
    refused: an export never mixes with what is there."""
    lake = release(gold_rows(50), TAG)
    assert to_parquet(lake, tmp_path / "out").changed
    before = contents(tmp_path / "out")
    stamps = {path: path.stat().st_mtime_ns for path in (tmp_path / "out").iterdir()}
    assert not to_parquet(lake, tmp_path / "out").changed
    assert {path: path.stat().st_mtime_ns for path in stamps} == stamps
    release(gold_rows(5, first=50), "release_next")
    with pytest.raises(UsageError, match=r"holds another export: web at release_20260107-1"):
        to_parquet(lake, tmp_path / "out")
    with pytest.raises(UsageError, match=r"other format, writer"):
        export(lake, "web", tag=TAG, to=str(tmp_path / "out"), format="jsonl", rows_per_shard=40)
    assert contents(tmp_path / "out") == before
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.txt").write_text("do not touch")
    with pytest.raises(UsageError, match=r"not empty \(thesis.txt\)"):
        to_parquet(lake, tmp_path / "mine")
    (tmp_path / "mine" / MANIFEST).write_text('{"name": "other"}')
    with pytest.raises(UsageError, match="not a manifest of lakeprep"):
        to_parquet(lake, tmp_path / "mine")
    assert sorted(contents(tmp_path / "mine")) == [MANIFEST, "thesis.txt"]
    with pytest.raises(UsageError, match="cannot be written"):
        to_parquet(lake, tmp_path / "mine" / "thesis.txt")


def test_a_killed_export_is_taken_up(tmp_path: Path, release: Release, gold_rows: Rows) -> None:
    """Whatever a killed export left (half shards, shards of another tag and number, a manifest
    but still the mark) the next one ends in the same files as an unbroken one."""
    lake = release(gold_rows(100), TAG)
    to_parquet(lake, tmp_path / "whole")
    broken = tmp_path / "broken"
    broken.mkdir()
    for name in (
        MARKER,
        ".web-00000-of-00003.parquet.17.tmp",
        "web-00001-of-00003.parquet",
        "web-00007-of-00009.jsonl.zst",
        f".{MANIFEST}.tmp",
    ):
        (broken / name).write_bytes(b"half")
    assert to_parquet(lake, broken).changed
    assert contents(broken) == contents(tmp_path / "whole")
    (broken / MARKER).touch()
    assert not to_parquet(lake, broken).changed
    assert contents(broken) == contents(tmp_path / "whole")


def test_more_shards_than_documents(out: Path, release: Release, gold_rows: Rows) -> None:
    """A shard that no document hashes to is there all the same, empty and readable: readers open
    every name from 0 to n - 1."""
    lake = release(gold_rows(6), TAG)
    summary = export(lake, "web", tag=TAG, to=str(out), format="parquet", rows_per_shard=1)
    assert [file.rows for file in summary.files].count(0) > 0
    assert sum(pq.read_table(out / file.name).num_rows for file in summary.files) == 6


def test_an_empty_release(out: Path, release: Release, gold_rows: Rows) -> None:
    """A takedown may leave nothing: the export says so with one empty shard."""
    lake = release(gold_rows(3), "full")
    lake.spark.sql(f"DELETE FROM {lake.full_name('gold.web')}")
    for table in dataset_tables("web"):
        lake.spark.sql(f"ALTER TABLE {lake.full_name(table)} CREATE TAG `{TAG}`")
    summary = to_parquet(lake, out)
    assert ([file.rows for file in summary.files], summary.rows) == ([0], 0)


def test_a_manifest_leads_nowhere_else(out: Path, release: Release, gold_rows: Rows) -> None:
    """A manifest that came with a download must not make verify read other files."""
    lake = release(gold_rows(3), TAG)
    to_parquet(lake, out)
    path = out / MANIFEST
    path.write_text(path.read_text().replace("web-00000-of-00001", "../web-00000-of-00001"))
    with pytest.raises(UsageError, match="not a manifest"):
        verify(str(path))
    with pytest.raises(UsageError, match="cannot be read"):
        verify(str(out / "nowhere.json"))


def read_back(folder: Path) -> list[dict[str, object]]:
    """Rows of all shards, with the shard's number."""
    return [
        {**row, "shard": number}
        for number, path in enumerate(sorted(folder.glob("*.parquet")))
        for row in pq.read_table(path).to_pylist()
    ]


def test_a_document_stands_in_it_as_often_as_its_copies_ask(
    tmp_path: Path, release: Release, gold_rows: Rows
) -> None:
    """Up-weighting repeats rows and nothing else, spreads the copies, and is on record."""
    rows = gold_rows(40)
    ids = [str(row["doc_id"]) for row in rows]
    lake = release(rows, TAG, copies={ids[0]: 1, ids[1]: 3, ids[2]: 9})
    size = {ids[0]: 2, ids[1]: 4, ids[2]: 10}
    plain = to_parquet(lake, tmp_path / "plain")
    assert {row["doc_id"]: row["cluster_size"] for row in read_back(tmp_path / "plain")} == {
        doc_id: size.get(doc_id, 1) for doc_id in ids
    }
    assert plain.rows == 40

    weights = parse_weights("1:1,2:2,5:4")
    out = tmp_path / "more"
    more = export(
        lake, "web", tag=TAG, to=str(out), format="parquet", rows_per_shard=10, upweight=weights
    )
    found = read_back(out)
    assert (more.rows, len(more.files)) == (45, 5)
    times = Counter(row["doc_id"] for row in found)
    assert times == Counter(dict.fromkeys(ids, 1)) | Counter({ids[0]: 2, ids[1]: 2, ids[2]: 4})
    assert len({row["shard"] for row in found if row["doc_id"] == ids[2]}) == 4
    assert json.loads((out / MANIFEST).read_text())["upweight"] == {"1": 1, "2": 2, "5": 4}
    assert verify(str(out / MANIFEST)) == ()
    with pytest.raises(UsageError, match="other upweight"):
        export(lake, "web", tag=TAG, to=str(out), format="parquet", rows_per_shard=10)


def test_a_release_without_outcomes_is_refused(
    tmp_path: Path, release: Release, gold_rows: Rows
) -> None:
    """A tag set by hand on the data set alone: sizes must not come from another release."""
    lake = release(gold_rows(3), TAG)
    lake.spark.sql(f"ALTER TABLE {lake.full_name('gold.web')} CREATE TAG `mine`")
    with pytest.raises(UsageError, match=r"gold\.web_outcomes has no tag 'mine'"):
        to_parquet(lake, tmp_path / "out", "mine")
    assert not (tmp_path / "out").exists()
