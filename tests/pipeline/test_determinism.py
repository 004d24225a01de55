"""The same input gives the same rows, whatever the order, the partitions, the days, the crash."""

from __future__ import annotations

import gzip
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from lakeprep.ingest import stage as ingest_stage
from lakeprep.lake import staging
from lakeprep.lake.catalog import Lake
from lakeprep.pipeline import Runner
from lakeprep.score import stage as score_stage
from support import all_rows, rows_of

pytestmark = pytest.mark.spark
Process = Callable[[Path, Sequence[str | Path]], Runner]


@pytest.fixture(scope="module")
def files(small_crawl: Path) -> list[Path]:
    return sorted(small_crawl.glob("*.warc.gz"))


@pytest.fixture(scope="module")
def expected(
    process: Process, files: list[Path], tmp_path_factory: pytest.TempPathFactory
) -> dict[str, list[str]]:
    """The tables of one unbroken run over everything."""
    folder = tmp_path_factory.mktemp("expected") / "lake"
    process(folder, files)
    return all_rows(folder)


def split_smaller(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ingest_stage, "_MIN_SPLIT_BYTES", 100_000)
    monkeypatch.setattr(ingest_stage, "_SPLITS_PER_CORE", 3)


@pytest.mark.slow
def test_order_splits_and_partitions_do_not_matter(
    process: Process,
    files: list[Path],
    expected: dict[str, list[str]],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Inputs in reverse, more and smaller splits, and so other partitions everywhere."""
    split_smaller(monkeypatch)
    process(tmp_path / "other", [*reversed(files)])
    assert all_rows(tmp_path / "other") == expected


@pytest.mark.slow
def test_one_file_cut_in_three_gives_the_same_data_set(
    process: Process, files: list[Path], expected: dict[str, list[str]], tmp_path: Path
) -> None:
    """Crawlers rotate their files anywhere."""
    whole = files[0].read_bytes()
    starts = [at for at in range(len(whole)) if whole[at : at + 3] == b"\x1f\x8b\x08"]
    members = [at for at in starts if _begins_record(whole[at:])]
    cuts = [0, members[len(members) // 3], members[2 * len(members) // 3], len(whole)]
    parts = []
    for number in range(3):
        part = tmp_path / f"part-{number}.warc.gz"
        part.write_bytes(whole[cuts[number] : cuts[number + 1]])
        parts.append(part)
    process(tmp_path / "parts", [*parts, *files[1:]])
    assert rows_of(tmp_path / "parts", "gold.web") == expected["gold.web"]
    assert rows_of(tmp_path / "parts", "gold.web_outcomes") == expected["gold.web_outcomes"]


def _begins_record(data: bytes) -> bool:
    import zlib

    try:
        return zlib.decompressobj(31).decompress(data[:4096], 5) == b"WARC/"
    except zlib.error:
        return False


def test_one_more_file_costs_only_its_pages(
    process: Process,
    files: list[Path],
    expected: dict[str, list[str]],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Day by day must end where a run over everything ends; the first day's files come in reverse,
    in other splits, and so in other partitions, and their bodies by way of Spark, as from an object
    store."""
    with monkeypatch.context() as patch:
        split_smaller(patch)
        patch.setattr(score_stage, "are_local", lambda *_: False)
        process(tmp_path / "days", [*reversed(files[:-1])])
    runner = process(tmp_path / "days", files)
    rows_in = {result.stage: result.rows_in for result in runner.results}
    pages = next(result for result in runner.results if result.stage == "ingest").rows_out
    assert rows_in["score"] == pages == rows_in["curate"]
    assert 0 < pages < len(expected["bronze.pages"])
    assert all_rows(tmp_path / "days") == expected


class Killed(BaseException):
    """Stands for SIGKILL: nothing of ours catches it."""


@pytest.mark.slow
@pytest.mark.parametrize("moment", range(7))
def test_a_crash_between_commits_changes_nothing(
    moment: int,
    process: Process,
    files: list[Path],
    expected: dict[str, list[str]],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Dead after the nth movement of a main branch (three of ingest, two of score, two of
    publish), then run again: tables equal row for row. (SIGKILL
    itself, at twenty moments, is in test_kills.py.)"""
    moved = 0
    fast_forward = staging.fast_forward

    def dying(lake: Lake, table: str, branch: str) -> None:
        nonlocal moved
        if moved == moment:
            raise Killed
        moved += 1
        fast_forward(lake, table, branch)

    from lakeprep.publish import stage as publish_stage

    with monkeypatch.context() as patch:
        patch.setattr(staging, "fast_forward", dying)
        patch.setattr(publish_stage, "fast_forward", dying)
        with pytest.raises(Killed):
            process(tmp_path / "lake", files)
    process(tmp_path / "lake", files)
    assert all_rows(tmp_path / "lake") == expected


def test_gzip_members_are_found(files: list[Path]) -> None:
    """The cut above must fall between records, or the test would prove nothing."""
    with gzip.open(files[0]) as stream:
        assert stream.read(5) == b"WARC/"
