"""The main job on the demo crawl, as `make demo` runs it, against the crawl's truth."""

from __future__ import annotations

import json
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from lakeprep.demo import write_demo
from support import iceberg, lakeprep, lakeprep_json

pytestmark = pytest.mark.spark


@dataclass(frozen=True)
class DemoRun:
    crawl: Path
    lake: Path
    summary: dict[str, Any]
    truth: list[dict[str, Any]]


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> DemoRun:
    folder = tmp_path_factory.mktemp("demo")
    crawl, lake = folder / "crawl", folder / "lake"
    write_demo(crawl)
    summary = lakeprep_json("run", "web", crawl, "--lake", lake)
    truth_file = next(crawl.glob("*truth.jsonl"))
    truth = [json.loads(line) for line in truth_file.read_text(encoding="utf-8").splitlines()]
    return DemoRun(crawl, lake, summary, truth)


def table(demo: DemoRun, name: str, *columns: str) -> list[dict[str, Any]]:
    scan = iceberg(demo.lake).load_table(name).scan(selected_fields=columns or ("*",))
    rows: list[dict[str, Any]] = scan.to_arrow().to_pylist()
    return rows


def test_every_planted_case_ends_as_its_truth_says(demo: DemoRun) -> None:
    """Copies, near copies, blocked sites, thin pages, spam, broken records, good pages."""
    documents = table(demo, "silver.documents", "doc_id", "url", "fetched_at")
    urls = {row["doc_id"]: row["url"] for row in documents}
    by_capture = {
        (row["url"], f"{row['fetched_at']:%Y-%m-%dT%H:%M:%SZ}"): row["doc_id"] for row in documents
    }
    outcomes = {row["doc_id"]: row for row in table(demo, "gold.web_outcomes")}
    rejects = defaultdict(list)
    for row in table(demo, "bronze.rejects"):
        rejects[row["url"]].append(row["reason"])
    nameless = rejects.pop(None, [])  # a header that cannot be read names no URL
    wrong = []
    for case in demo.truth:
        if case["expected"] == "repeat":
            continue  # counted in the books below: the capture itself is there once
        doc_id = by_capture.get((case.get("url"), case.get("fetched_at")))
        outcome = outcomes[doc_id] if doc_id else None
        found = outcome["outcome"] if outcome else "reject" if rejects[case.get("url")] else "?"
        if case["case"] == "bad_warc_header" and nameless:
            nameless.pop()
            found = "reject"
        if found not in (case["expected"], *case.get("also_accepted", ())):
            wrong.append((case["case"], case.get("url"), case["expected"], found, outcome))
        elif found == "duplicate" and urls[outcome["duplicate_of"]] != case["duplicate_of"]:
            wrong.append((case["case"], case["url"], case["duplicate_of"], outcome))
    assert not wrong, wrong[:10]
    assert not nameless


def test_repeats_are_counted_and_not_stored(demo: DemoRun) -> None:
    """The same capture twice would stand in the data twice."""
    planted = sum(case["expected"] == "repeat" for case in demo.truth)
    assert demo.summary["books"]["repeats"] == planted > 0


def test_personal_data_is_masked_and_its_look_alikes_stay(demo: DemoRun) -> None:
    """A planted value anywhere in gold is a leak; a masked version number is damage."""
    gold = {(row["url"]): row for row in table(demo, "gold.web", "url", "title", "text", "pii")}
    everything = "\n".join(f"{row['title']}\n{row['text']}" for row in gold.values())
    planted = [v for case in demo.truth for values in case.get("mask", {}).values() for v in values]
    assert len(planted) >= 60
    assert [value for value in planted if value in everything] == []
    for case in demo.truth:
        for value in case.get("keep_values", ()):
            assert value in gold[case["url"]]["text"], (case["url"], value)


def test_good_text_comes_out_as_it_was_written(demo: DemoRun) -> None:
    """Wrong charsets and extraction would show as broken or missing sentences."""
    gold = {row["url"]: row["text"] for row in table(demo, "gold.web", "url", "text")}
    lost = [
        (case["case"], case["url"])
        for case in demo.truth
        if case.get("snippet") and case["url"] in gold and case["snippet"] not in gold[case["url"]]
    ]
    assert not lost, lost[:10]


def test_the_books_balance(demo: DemoRun) -> None:
    """Every record ends in exactly one place."""
    books = demo.summary["books"]
    assert books["balanced"]
    assert books["records"] == sum(books[k] for k in ("pages", "rejects", "repeats", "skipped"))
    assert books["pages"] == books["documents"] == books["outcomes"]
    assert books["kept"] == books["gold"]
    audit = lakeprep("audit", "--lake", demo.lake)
    assert audit.returncode == 0, audit.stderr


def test_other_engines_count_what_spark_counts(demo: DemoRun) -> None:
    """The release is for readers that know nothing of lakeprep."""
    release, kept = demo.summary["release"], demo.summary["outcomes"]["kept"]
    gold = iceberg(demo.lake).load_table("gold.web")
    snapshot = gold.snapshot_by_name(release)
    assert gold.scan(snapshot_id=snapshot.snapshot_id).to_arrow().num_rows == kept
    assert count_in_duckdb(gold.metadata_location, snapshot.snapshot_id) == kept


def count_in_duckdb(metadata: str, snapshot: int) -> int:
    import duckdb
    import duckdb_extension_avro
    import duckdb_extension_iceberg

    connection = duckdb.connect(config={"allow_unsigned_extensions": "true"})
    for module, name in ((duckdb_extension_avro, "avro"), (duckdb_extension_iceberg, "iceberg")):
        path = next(Path(module.__file__).parent.rglob(f"{name}.duckdb_extension"))
        connection.load_extension(str(path))
    row = connection.execute(
        f"SELECT count(*) FROM iceberg_scan('{metadata}', snapshot_from_id={snapshot})"
    ).fetchone()
    return int(row[0])


def test_the_report_is_one_safe_page(demo: DemoRun) -> None:
    """A crawled URL must not become markup in it."""
    page = Path(demo.summary["report"]).read_text(encoding="utf-8")
    assert demo.summary["release"] in page
    assert "<script" not in page.lower()


def test_a_second_run_reads_nothing_and_adds_nothing(demo: DemoRun) -> None:
    """A scheduler that fires twice must not double the data."""

    def snapshots() -> dict[str, int]:
        catalog = iceberg(demo.lake)
        names = [t for ns in catalog.list_namespaces() for t in catalog.list_tables(ns)]
        return {
            ".".join(name): snapshot.snapshot_id
            for name in names
            if (snapshot := catalog.load_table(name).current_snapshot())
        }

    before = snapshots()
    again = lakeprep("run", "web", demo.crawl, "--lake", demo.lake, "--json")
    assert again.returncode == 0
    assert "Nothing new" in again.stderr
    summary = json.loads(again.stdout)
    assert not summary["changed"]
    assert summary["release"] == demo.summary["release"]
    assert snapshots() == before


@pytest.mark.slow
def test_a_page_is_explained(demo: DemoRun) -> None:
    """By the command as users call it: a planted near copy names the page it was made of."""
    case = next(case for case in demo.truth if case["case"] == "near_copy")
    found = lakeprep_json("explain", case["url"], "--lake", demo.lake)
    (capture,) = found["captures"]
    (decision,) = capture["decisions"]
    assert (decision["outcome"], decision["duplicate_kind"]) == ("duplicate", "near")
    assert decision["duplicate_of"]["url"] == case["duplicate_of"]
    assert decision["similarity"] >= 0.8


def test_a_wrong_column_is_said_in_a_line(demo: DemoRun) -> None:
    wrong = lakeprep("sql", "SELECT nothing FROM web_clusters", "--lake", demo.lake)
    assert wrong.returncode == 2
    assert "nothing" in wrong.stderr
    assert "Traceback" not in wrong.stderr


def test_export(demo: DemoRun, tmp_path: Path) -> None:
    """The release leaves as files that add up."""
    kept = demo.summary["outcomes"]["kept"]
    exported = lakeprep_json("export", "web", "--to", tmp_path / "out", "--lake", demo.lake)
    assert exported["rows"] == kept
