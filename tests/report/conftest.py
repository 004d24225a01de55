"""A small lake whose every figure can be counted by hand."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from lakeprep.lake.catalog import Lake, dataset_tables
from lakeprep.lake.runs import Run
from support import Row, complete

HOSTILE = "http://x.example/<script>alert(1)</script>\"'&\u202e" + "a" * 5000


def outcome(doc: str, run_id: str, kind: str = "", of: str = "", *reasons: str) -> Row:
    row = {"doc_id": doc, "run_id": run_id, "reasons": list(reasons), "cluster_id": of or doc}
    if reasons:
        return {**row, "outcome": "filtered"}
    if not kind:
        return {**row, "outcome": "kept"}
    return {
        **row,
        "outcome": "duplicate",
        "duplicate_kind": kind,
        "duplicate_of": of,
        "similarity": 1.0 if kind == "exact" else 0.875,
    }


def bronze_and_silver(run_id: str, before: str) -> dict[str, list[Row]]:
    """Twelve records: nine pages (one of them of the run before), two rejects, one skipped."""
    files = {"format": "warc"}
    old = {"records": 1, "pages": 1, "run_id": before}
    new = {"records": 11, "pages": 8, "rejects": 2, "skipped": 1, "run_id": run_id}
    docs = [
        {
            "doc_id": f"d{number}",
            "url": HOSTILE if number == 5 else f"https://{domain}/{number}",
            "domain": domain,
            "status": "empty" if number == 8 else "ok",
            "run_id": before if number == 0 else run_id,
        }
        for number, domain in enumerate(
            ["a.example"] * 4 + ["b.example", "<b>bold</b>"] + ["c.example"] * 3
        )
    ]
    return {
        "bronze.files": [{**files, **old}, {**files, **new}],
        "bronze.pages": [{"page_id": d["doc_id"], "run_id": d["run_id"]} for d in docs],
        "bronze.rejects": [{"reason": r, "run_id": run_id} for r in ("http_status", "damaged")],
        "silver.documents": docs,
    }


def decided(run_id: str, before: str) -> tuple[list[Row], list[Row]]:
    """Outcomes and gold: three kept, three duplicates of d0 and one of d4, two filtered."""
    outcomes = [
        outcome("d0", before),
        outcome("d1", run_id, "near", "d0"),
        outcome("d2", run_id, "near", "d0"),
        outcome("d3", run_id, "exact", "d0"),
        outcome("d4", run_id),
        outcome("d5", run_id, "", "", "url_word", "word_count"),
        outcome("d6", run_id),
        outcome("d7", run_id, "near", "d4"),
        outcome("d8", run_id, "", "", "word_count"),
    ]
    gold = [
        {"doc_id": "d0", "language": "en", "word_count": 100, "run_id": before},
        {"doc_id": "d4", "language": "zh", "word_count": 40, "run_id": run_id},
        {"doc_id": "d6", "language": "en", "word_count": 7, "run_id": run_id},
    ]
    return outcomes, gold


@pytest.fixture
def fill(lake: Lake, run: Run) -> Callable[[str | None], Lake]:
    """Writes the small lake, the data set to main or to a branch."""

    def write(branch: str | None) -> Lake:
        for table, rows in bronze_and_silver(run.run_id, "20260106-1").items():
            frame = lake.spark.createDataFrame(complete(table, rows)).coalesce(1)
            lake.append(frame, table, branch=None, properties=run.provenance())
        tables = dataset_tables(run.dataset)
        lake.ensure(*tables)
        for table, rows in zip(tables, decided(run.run_id, "20260106-1"), strict=True):
            if branch:
                lake.java_table(table).manageSnapshots().createBranch(branch).commit()
            frame = lake.spark.createDataFrame(complete(table, rows)).coalesce(1)
            lake.append(frame, table, branch=branch, properties=run.provenance())
        return lake

    return write


@pytest.fixture(scope="session")
def hostile() -> str:
    """A URL that is an attack."""
    return HOSTILE
