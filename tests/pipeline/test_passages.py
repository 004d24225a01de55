"""Passages through the whole job: the branch, the gates, the release, the index of later runs."""

from __future__ import annotations

import gzip
import html
import json
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import pytest

from lakeprep.lake.books import balance, unexplained_snapshots
from lakeprep.lake.catalog import Lake
from lakeprep.lake.runs import Run
from lakeprep.pipeline import Job, Runner, Target
from lakeprep.publish import stage as publish_stage
from lakeprep.recipe import Passages, Recipe, SiteLines
from support import iceberg

pytestmark = pytest.mark.spark
Process = Callable[[Path, Recipe, Sequence[Path], str], Runner]
NOTICE = "All texts of this site may be copied. Nobody has to ask for it. Please tell your friends."
PLACES = ("harbour", "market", "station", "library", "theatre", "bakery", "school", "orchard")


@pytest.fixture(scope="session")
def process_with(open_lake: Callable[[Path], Lake]) -> Process:
    """Ingest to publish by a recipe, in the shared session."""

    def run(folder: Path, recipe: Recipe, inputs: Sequence[Path], run_id: str) -> Runner:
        folder.mkdir(exist_ok=True)
        lake = open_lake(folder)
        job = Job(Target(folder, None), recipe, inputs=[str(path) for path in inputs])
        one = Run(
            run_id,
            datetime(2026, 1, 7, tzinfo=timezone.utc),
            recipe.name,
            recipe.hash,
            recipe.score_hash,
        )
        runner = Runner(lake, job, one, lambda stage, done: None)
        runner.ingest()
        runner.score()
        runner.curate()
        runner.publish()
        return runner

    return run


def article(number: int, sentences: int) -> str:
    """Sentences that no other number has."""
    return " ".join(
        f"The {PLACES[(number + i) % 8]} of town {chr(97 + number)}{chr(97 + i)} was closed today."
        for i in range(sentences)
    )


def write_pages(file: Path, texts: dict[str, str], day: int) -> Path:
    rows = [
        {
            "url": f"https://news.example/{name}",
            "text": text,
            "fetched_at": f"2026-01-{day:02d}T{hour:02d}:00:00Z",
        }
        for hour, (name, text) in enumerate(texts.items())
    ]
    file.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return file


def gold_rows(folder: Path) -> dict[str, dict[str, object]]:
    rows = iceberg(folder).load_table("gold.web").scan().to_arrow().to_pylist()
    return {str(row["url"]).rpartition("/")[2]: row for row in rows}


@pytest.mark.slow
def test_a_release_without_repeated_passages(process_with: Process, tmp_path: Path) -> None:
    """A notice stays once; a page that is little else is filtered; its near copy is no orphan."""
    recipe = Recipe(name="web", passages=Passages(unit="sentences"))
    short = f"{NOTICE} {article(3, 2)}"
    copy = short.replace("friends", "friend")
    texts = {
        "first": f"{article(0, 9)}\n\n{NOTICE}",
        "second": f"{article(1, 5)}\n\n{NOTICE}\n\n{article(2, 5)} Write to me@news.example.",
        "short": short,
        "copy": copy,
    }
    file = write_pages(tmp_path / "pages.jsonl", texts, 1)
    runner = process_with(tmp_path / "lake", recipe, [file], "20260107-1")
    assert all(check.success for check in runner.checks)
    assert balance(runner.lake).balanced
    assert not unexplained_snapshots(runner.lake)
    assert "release_20260107-1" in runner.lake.refs("gold.web_passages")

    gold = gold_rows(tmp_path / "lake")
    assert gold["first"]["text"] == texts["first"]
    assert gold["first"]["removed"] == []
    second = gold["second"]
    assert str(second["text"]).startswith(f"{article(1, 5)}\n\n{article(2, 5)} Write to ")
    assert "me@news.example" not in str(second["text"])
    assert second["word_count"] == 10 * 8 + 3
    assert dict(second["removed"]) == {"passages": 1, "characters": len(NOTICE) + 2}  # type: ignore[call-overload]
    outcomes = iceberg(tmp_path / "lake").load_table("gold.web_outcomes").scan().to_arrow()
    counts = Counter(
        (row["outcome"], *row["reasons"]) for row in outcomes.to_pylist() if row["outcome"]
    )
    # The copy stands on its own: the end of its last sentence but two is seen by nobody.
    assert counts[("filtered", "passages_too_short")] >= 1
    assert counts[("duplicate",)] == 0


@pytest.mark.slow
def test_the_next_day_knows_the_passages_of_the_last(process_with: Process, tmp_path: Path) -> None:
    """Day by day as at once, through staging and release."""
    recipe = Recipe(name="web", passages=Passages(unit="paragraphs"))
    days = [
        write_pages(
            tmp_path / f"{day}.jsonl",
            {
                f"{day}-{number}": f"{article(3 * day + number, 9)}\n\n{NOTICE}\n\n{article(20, 4)}"
                for number in range(3)
            },
            day,
        )
        for day in (1, 2)
    ]
    for number in (1, 2):
        process_with(tmp_path / "days", recipe, days[:number], f"run-{number}")
    process_with(tmp_path / "whole", recipe, days, "run-1")
    by_day, whole = gold_rows(tmp_path / "days"), gold_rows(tmp_path / "whole")
    assert {name: row["text"] for name, row in by_day.items()} == {
        name: row["text"] for name, row in whole.items()
    }
    assert len(whole) == 6
    assert sum(NOTICE in str(row["text"]) for row in whole.values()) == 1


class Killed(BaseException):
    """Stands for SIGKILL: nothing of ours catches it."""


@pytest.mark.slow
def test_a_release_cut_short_before_its_index_is_finished(
    process_with: Process,
    open_lake: Callable[[Path], Lake],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Outcomes and data set have moved, the index has not: a later day would keep what is there."""
    recipe = Recipe(name="web", passages=Passages(unit="paragraphs"))
    file = write_pages(tmp_path / "pages.jsonl", {"one": article(0, 9)}, 1)
    moved: list[str] = []
    fast_forward = publish_stage.fast_forward

    def dying(lake: Lake, table: str, branch: str) -> None:
        if len(moved) == 2:
            raise Killed
        moved.append(table)
        fast_forward(lake, table, branch)

    with monkeypatch.context() as patch:
        patch.setattr(publish_stage, "fast_forward", dying)
        with pytest.raises(Killed):
            process_with(tmp_path / "lake", recipe, [file], "run-1")
    assert moved == ["gold.web_outcomes", "gold.web"]
    lake = open_lake(tmp_path / "lake")
    assert lake.is_empty("gold.web_passages")
    assert publish_stage.recover(lake, "web", recipe) == ["run-1"]
    assert not lake.is_empty("gold.web_passages")
    assert lake.refs("gold.web_passages").keys() == {"main", "release_run-1"}


def words_of(text: str) -> list[str]:
    return re.findall(r"\w+", text.lower())


def taken(
    silver: dict[str, dict[str, Any]], gold: list[dict[str, Any]], data: Path
) -> tuple[float, float]:
    """Share of the words that went, and of these the share that stands in what people had marked as
    the article."""
    with gzip.open(data / "gold/extraction.jsonl.gz", "rt", encoding="utf-8") as lines:
        marked = {row["url"]: row.get("html") for row in map(json.loads, lines)}
    total = gone = wrong = 0
    for row in gold:
        page = silver[row["doc_id"]]
        fragment = marked.get(page["url"])
        if not fragment:
            continue
        article = " ".join(words_of(html.unescape(re.sub(r"<[^>]+>", " ", fragment))))
        total += len(words_of(page["text"]))
        for line in lines_of(page["text"]) - lines_of(row["text"]):
            count = page["text"].split("\n").count(line) * len(words_of(line))
            gone += count
            wrong += count if " ".join(words_of(line)) in article else 0
    return gone / total, wrong / gone


def lines_of(text: str) -> set[str]:
    return {line.strip() for line in text.split("\n") if any(c.isalnum() for c in line)}


@pytest.mark.slow
def test_lines_of_a_real_site(process_with: Process, data: Path, tmp_path: Path) -> None:
    """Press releases in one template: what stands on many of them goes, the rest stays."""
    recipe = Recipe(
        name="web",
        passages=Passages(site_lines=SiteLines(min_pages=20), min_words=1, min_sentences=1),
    )
    folder = tmp_path / "lake"
    runner = process_with(folder, recipe, [data / "crawl" / "press_multilingual.warc.gz"], "run-1")
    assert all(check.success for check in runner.checks)
    lake = iceberg(folder)
    silver = {
        row["doc_id"]: row
        for row in lake.load_table("silver.documents")
        .scan(selected_fields=("doc_id", "url", "host", "text"))
        .to_arrow()
        .to_pylist()
    }
    outcomes = lake.load_table("gold.web_outcomes").scan().to_arrow().to_pylist()
    judged = [
        row["doc_id"]
        for row in outcomes
        if row["outcome"] == "kept" or "passages_too_short" in row["reasons"]
    ]
    pages: dict[tuple[str, str], int] = defaultdict(int)
    for doc_id in judged:
        for line in lines_of(silver[doc_id]["text"]):
            pages[silver[doc_id]["host"], line] += 1
    frequent = {key for key, count in pages.items() if count >= 20}
    gold = lake.load_table("gold.web").scan().to_arrow().to_pylist()
    assert len(gold) > 400
    assert sum(dict(row["removed"]).get("site_lines", 0) for row in gold) > 400
    for row in gold:
        before, after = lines_of(silver[row["doc_id"]]["text"]), lines_of(row["text"])
        assert not {line for line in after if (row["host"], line) in frequent}
        assert after <= before or dict(row["pii"])
    # What docs/passages.md says.
    share, wrong = taken(silver, gold, data)
    assert 0.025 < share < 0.035
    assert 0.35 < wrong < 0.45
    index = lake.load_table("gold.web_passages").scan()
    size = sum(task.file.file_size_in_bytes for task in index.plan_files())
    assert size / index.to_arrow().num_rows < 25
