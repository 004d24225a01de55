"""The figures of a report, counted by hand on a small lake."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from lakeprep.errors import UsageError
from lakeprep.lake.catalog import Lake
from lakeprep.lake.runs import Run, StageResult
from lakeprep.report.figures import Cluster, Count, Domain, collect
from lakeprep.report.page import books, write_report
from lakeprep.resources import resource

Fill = Callable[[str | None], Lake]


@pytest.mark.spark
def test_every_figure(fill: Fill, run: Run) -> None:
    """Each number on the page is one that can be counted in the tables."""
    lake = fill(None)
    lake.spark.sql(f"ALTER TABLE {lake.full_name('gold.web')} CREATE TAG `release_{run.run_id}`")
    figures = collect(lake, run)
    assert (figures.release, figures.branch) == (f"release_{run.run_id}", None)
    assert figures.files == (
        Count("records", 12, 11, 0),
        Count("pages", 9, 8, 0),
        Count("rejects", 2, 2, 0),
        Count("skipped", 1, 1, 0),
        Count("repeats", 0, 0, 0),
    )
    assert figures.pages == (Count("pages", 9, 8, 0),)
    assert figures.rejects == (Count("damaged", 1, 1, 0), Count("http_status", 1, 1, 0))
    assert figures.statuses == (Count("ok", 8, 7, 0), Count("empty", 1, 1, 0))
    assert figures.outcomes == (
        Count("duplicate", 4, 4, 0),
        Count("kept", 3, 2, 0),
        Count("filtered", 2, 2, 0),
    )
    assert figures.reasons == (Count("word_count", 2, 2, 0), Count("url_word", 1, 1, 0))
    assert figures.duplicates == (Count("near", 3, 3, 2), Count("exact", 1, 1, 1))
    assert figures.languages == (Count("en", 2, 1, 107), Count("zh", 1, 1, 40))
    assert figures.kept_domains == (
        Domain("b.example", 1, 0),
        Domain("c.example", 1, 2),
        Domain("a.example", 1, 3),
    )
    assert figures.dropped_domains == (
        Domain("a.example", 1, 3),
        Domain("c.example", 1, 2),
        Domain("<b>bold</b>", 0, 1),
    )
    assert figures.clusters == (
        Cluster("d0", "https://a.example/0", 3, 0.875),
        Cluster("d4", "https://b.example/4", 1, 0.875),
    )
    found = {reason: [e.doc_id for e in shown] for reason, shown in figures.examples.items()}
    assert found == {
        "duplicate_exact": ["d3"],
        "duplicate_near": ["d1", "d2", "d7"],
        "url_word": ["d5"],
        "word_count": ["d5", "d8"],
    }
    assert [line.difference for line in books(figures)] == [0] * 6


@pytest.mark.spark
def test_a_stopped_release_is_reported_from_its_branch(
    fill: Fill, run: Run, tmp_path: Path, hostile: str
) -> None:
    """The report matters most when a gate has failed: main has nothing to show then. And the page
    is whole: no half page is left, and a path that cannot be written is said."""
    lake = fill(f"curate_{run.run_id}")
    figures = collect(lake, run)
    assert (figures.release, figures.branch) == (None, f"curate_{run.run_id}")
    assert figures.outcomes[0] == Count("duplicate", 4, 4, 0)
    assert figures.languages[0] == Count("en", 2, 1, 107)
    stages = [StageResult("ingest", 12, 9, 1.25, detail={"files": 2})]
    path = write_report(lake, run, stages, [], tmp_path / "reports" / "run.html")
    page = path.read_text(encoding="utf-8")
    assert "Not released" in page
    assert "<script" not in page
    assert "&lt;script&gt;alert(1)" in page
    assert len(hostile) > 5000 > page.count("a" * 200)
    assert [entry.name for entry in path.parent.iterdir()] == ["run.html"]
    with pytest.raises(UsageError, match="cannot be written"):
        write_report(lake, run, [], [], path / "below_a_file.html")


@pytest.mark.spark
def test_a_run_over_nothing(lake: Lake, run: Run, tmp_path: Path) -> None:
    """A first run without pages has no data set; its report says so instead of failing."""
    path = write_report(lake, run, [], [], tmp_path / "empty.html")
    page = path.read_text(encoding="utf-8")
    assert "No document has been decided." in page
    assert "Nothing new to release" in page


def test_no_query_reads_texts() -> None:
    """Text is most of a lake: one mention of it would make the report cost a full scan."""
    queries = sorted(resource("sql", "report").glob("*.sql"))
    assert len(queries) == 5
    for path in queries:
        code = re.sub(r"--.*", "", path.read_text(encoding="utf-8"))
        assert not re.search(r"\b(text|title|body)\b|\*(?!\))", code), path.name
