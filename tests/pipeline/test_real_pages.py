"""The main job on real crawled pages, and on archives that others found damaged."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from lakeprep.errors import GateFailed
from lakeprep.lake.books import balance
from lakeprep.pipeline import Runner
from support import iceberg, rows_of

pytestmark = pytest.mark.spark
Process = Callable[[Path, Sequence[str | Path]], Runner]


def warcio_records(path: Path) -> int:
    """Records as an independent reader counts them."""
    from warcio.archiveiterator import ArchiveIterator

    with path.open("rb") as stream:
        return sum(1 for _ in ArchiveIterator(stream))


CRAWLS = ("news_zh.warc.gz", "pathological.warc.gz", "forms_boilerplate.warc.gz")


@pytest.fixture(scope="module")
def lake_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("real") / "lake"


@pytest.fixture(scope="module")
def runner(process: Process, data: Path, lake_folder: Path) -> Runner:
    """The job over three real crawls."""
    return process(lake_folder, [data / "crawl" / name for name in CRAWLS])


def test_real_pages(runner: Runner, data: Path, lake_folder: Path) -> None:
    """Every page of three real crawls becomes a document; the books are warcio's."""
    files = [data / "crawl" / name for name in CRAWLS]
    books = balance(runner.lake)
    assert books.balanced, books.faults
    counted = {
        row["path"]: row["records"]
        for row in iceberg(lake_folder).load_table("bronze.files").scan().to_arrow().to_pylist()
    }
    assert counted == {str(path.resolve()): warcio_records(path) for path in files}
    assert books.lake["pages"] == books.lake["documents"] == 73 + 82 + 731
    statuses = {
        row.status: row["count"]
        for row in runner.lake.frame("silver.documents").groupBy("status").count().collect()
    }
    assert statuses["ok"] >= 800
    assert not statuses.keys() & {"timeout", "error"}


@pytest.mark.slow
def test_damaged_archives_all_together(process: Process, data: Path, tmp_path: Path) -> None:
    """No archive stops the others; every record is a page, a reject, skipped or repeated."""
    runner = process(tmp_path / "lake", [data / "archives"])
    books = balance(runner.lake)
    assert books.balanced, books.faults
    assert books.lake["files"] >= 55
    assert books.lake["pages"] > 200
    assert books.lake["repeats"] > 0  # ARC, WARC, compressed and plain forms of one crawl
    reasons = {row.reason for row in runner.lake.frame("bronze.rejects").collect()}
    assert "damaged" in reasons


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_each_archive_alone(process: Process, data: Path, tmp_path: Path) -> None:
    """Each file through the whole job by itself; one without a page to keep makes no release."""
    paths = sorted(path for path in (data / "archives").rglob("*") if path.is_file())
    unreleased = []
    for number, path in enumerate(paths):
        folder = tmp_path / str(number)
        try:
            books = balance(process(folder, [path]).lake)
            assert books.balanced, (path.name, books.faults)
        except GateFailed as gate:
            assert "the data set is not empty: 0" in str(gate), (path.name, gate)
            unreleased.append(path.name)
        files = iceberg(folder).load_table("bronze.files").scan().to_arrow().to_pylist()
        assert files, path.name
        for file in files:
            parts = ("pages", "rejects", "repeats", "skipped")
            assert file["records"] == sum(file[part] for part in parts), file
    assert len(unreleased) < len(paths)


def test_each_duplicate_is_verified(runner: Runner, lake_folder: Path) -> None:
    """The ledger's promise, on pages nobody planted: the similarity stands in the row and is that
    of the two texts."""
    from lakeprep.kernels.minhash import jaccard_containment, shingle_sets

    pairs = runner.lake.spark.sql(
        "SELECT o.similarity, o.duplicate_kind, a.text AS left, b.text AS right FROM {o} o "
        "JOIN {d} a ON o.doc_id = a.doc_id JOIN {d} b ON o.duplicate_of = b.doc_id "
        "WHERE o.outcome = 'duplicate'",
        o=runner.lake.frame("gold.web_outcomes"),
        d=runner.lake.frame("silver.documents"),
    ).toArrow()
    assert pairs.num_rows > 3
    sides = [shingle_sets(pairs.column(name).combine_chunks()) for name in ("left", "right")]
    jaccard, _ = jaccard_containment(*sides)
    assert jaccard.tolist() == pytest.approx(pairs.column("similarity").to_pylist())
    kinds = pairs.column("duplicate_kind").to_pylist()
    near = [value for value, kind in zip(jaccard, kinds, strict=True) if kind == "near"]
    assert all(similarity >= 0.8 for similarity in near)
    assert len(rows_of(lake_folder, "silver.bands")) > 0
