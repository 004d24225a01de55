"""Passages across documents: what goes, what is left too short, day by day as at once."""

from __future__ import annotations

import gzip
import json
import random
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pytest

from lakeprep.curate import passages as curate_passages
from lakeprep.curate.passages import Settled, settle_passages, without_passages
from lakeprep.lake.catalog import Lake, passages_table
from lakeprep.lake.runs import Run
from lakeprep.recipe import Passages, SiteLines

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

pytestmark = pytest.mark.spark
START = datetime(2026, 1, 1, tzinfo=timezone.utc)
INDEX = passages_table("web")
WORDS = ("river", "stone", "bread", "winter", "letter", "garden", "window", "music", "paper")
SECTION = Passages(unit="sentences", window=2, min_words=9, min_sentences=3)


@dataclass(frozen=True)
class Page:
    """A document as `settle_passages` sees it; a duplicate of `of`."""

    doc_id: str
    text: str
    hour: int = 0
    of: str | None = None
    host: str = "a.example"


@dataclass
class Decided:
    """Outcome and text of each document, and how often passages removed something from it."""

    outcomes: dict[str, str] = field(default_factory=dict)
    texts: dict[str, str] = field(default_factory=dict)
    removed: dict[str, dict[str, int]] = field(default_factory=dict)
    words: dict[str, int] = field(default_factory=dict)
    index: list[tuple[object, ...]] = field(default_factory=list)
    details: list[dict[str, int]] = field(default_factory=list)


def sentence(number: int) -> str:
    """A sentence of four words, the same for the same number."""
    words = [WORDS[number // len(WORDS) ** i % len(WORDS)] for i in range(3)]
    return " ".join(["The", *words]) + ". "


def crawl(seed: int, count: int) -> list[Page]:
    """Pages of sentences out of a small pool, so that most share some; runs of sentences come
    again, some within a page, and some pages are duplicates of earlier ones."""
    chosen = random.Random(seed)
    pages: list[Page] = []
    for number in range(count):
        numbers: list[int] = []
        while len(numbers) < chosen.randrange(3, 9):
            first = chosen.randrange(60)
            numbers += range(first, first + chosen.randrange(1, 5))
        text = "".join(
            sentence(i) + ("\n\n" if chosen.random() < 0.2 else "") for i in numbers
        ).strip()
        of = None
        if number > 3 and chosen.random() < 0.2:
            of = chosen.choice([page.doc_id for page in pages if page.of is None])
        pages.append(Page(f"{chosen.getrandbits(64):016x}", text, number, of))
    return pages


def frames(lake: Lake, pages: Sequence[Page]) -> tuple[DataFrame, DataFrame]:
    """Documents and their outcomes before passages."""
    documents = pa.table(
        {
            "doc_id": [page.doc_id for page in pages],
            "host": [page.host for page in pages],
            "domain": [page.host for page in pages],
            "fetched_at": pa.array(
                [START + timedelta(hours=page.hour) for page in pages],
                pa.timestamp("us", tz="UTC"),
            ),
            "text": [page.text for page in pages],
        }
    )
    nothing = pa.nulls(len(pages), pa.float64())
    outcomes = pa.table(
        {
            "doc_id": documents.column("doc_id"),
            "outcome": ["duplicate" if page.of else "kept" for page in pages],
            "reasons": pa.array([[] for _ in pages], pa.list_(pa.string())),
            "duplicate_of": pa.array([page.of for page in pages], pa.string()),
            "duplicate_kind": pa.array([page.of and "near" for page in pages], pa.string()),
            "similarity": nothing,
            "containment": nothing,
            "cluster_id": [page.of or page.doc_id for page in pages],
            "run_id": ["r"] * len(pages),
        }
    )
    return lake.spark.createDataFrame(documents), lake.spark.createDataFrame(outcomes)


def decide(
    lake: Lake, run: Run, days: Iterable[Sequence[Page]], section: Passages = SECTION
) -> Decided:
    """Days one after another, each with the index that those before it left."""
    lake.ensure(INDEX)
    decided = Decided()
    for pages in days:
        kept_before = [i for i, outcome in decided.outcomes.items() if outcome == "kept"]
        # Later copies of a document that was filtered are compared with nothing.
        known = {*kept_before, *(page.doc_id for page in pages)}
        pages = [page if page.of in known else replace(page, of=None) for page in pages]
        documents, outcomes = frames(lake, pages)
        settled = settle_passages(
            lake,
            section,
            documents=documents,
            outcomes=outcomes,
            published=lake.spark.createDataFrame(
                pa.table({"doc_id": pa.array(kept_before, pa.string())})
            ),
            index=INDEX,
        )
        read(settled, documents, decided)
        assert settled.additions is not None
        properties = {"stage": "curate", **run.provenance()}
        lake.append(settled.additions, INDEX, branch=None, properties=properties)
    decided.index = sorted(tuple(map(str, row)) for row in lake.frame(INDEX).collect())
    return decided


def read(settled: Settled, documents: DataFrame, decided: Decided) -> None:
    """Adds what a day has decided; the texts are cut as the workers do it."""
    outcomes = settled.outcomes.select("doc_id", "outcome", "reasons", "duplicate_of").toArrow()
    for doc_id, outcome, reasons, duplicate_of in zip(
        *(column.to_pylist() for column in outcomes.columns), strict=True
    ):
        decided.outcomes[doc_id] = outcome
        assert (outcome == "filtered") == (reasons == ["passages_too_short"])
        assert (outcome == "duplicate") == (duplicate_of is not None)
    kept = documents.selectExpr("doc_id", "text", "CAST(-1 AS BIGINT) AS word_count").join(
        settled.outcomes.where("outcome = 'kept'"), "doc_id", "left_semi"
    )
    for batch in settled.marked(kept).toArrow().combine_chunks().to_batches():
        columns = without_passages(batch)
        names = ("doc_id", "text", "removed", "word_count")
        for doc_id, text, removed, words in zip(
            *(columns[name].to_pylist() for name in names), strict=True
        ):
            decided.texts[doc_id] = text
            decided.removed[doc_id] = dict(removed)
            decided.words[doc_id] = words
    decided.details.append(settled.detail)


def one_after_another(pages: Sequence[Page], window: int) -> tuple[dict[str, str], dict[str, str]]:
    """Outcomes and texts by a loop over sets of sentences: the definition."""
    seen: set[tuple[str, ...]] = set()
    outcomes: dict[str, str] = {}
    texts: dict[str, str] = {}
    for page in sorted(pages, key=lambda page: (page.hour, page.doc_id)):
        if page.of and outcomes[page.of] == "kept":
            outcomes[page.doc_id] = "duplicate"
            continue
        sentences = [part + "." for part in sentences_of(page.text)]
        size = min(window, len(sentences))
        windows = [tuple(sentences[i : i + size]) for i in range(len(sentences) - size + 1)]
        gone: set[int] = set()
        for i, one in enumerate(windows):
            if one in seen or one in windows[:i]:
                gone |= set(range(i, i + size))
        left = [text for i, text in enumerate(sentences) if i not in gone]
        words = sum(len(text.split()) for text in left)
        if gone and (words < SECTION.min_words or len(left) < SECTION.min_sentences):
            outcomes[page.doc_id] = "filtered"
            continue
        outcomes[page.doc_id] = "kept"
        seen |= set(windows)
        texts[page.doc_id] = " ".join(left)
    return outcomes, texts


def sentences_of(text: str) -> list[str]:
    return [part.strip() for part in text.split(".") if part.strip()]


def flat(texts: dict[str, str]) -> dict[str, str]:
    return {doc_id: " ".join(text.split()) for doc_id, text in texts.items()}


@pytest.fixture
def fresh_lake(open_lake: Callable[[Path], Lake], tmp_path: Path) -> Callable[[], Lake]:
    """A lake of its own for each call."""
    count = iter(range(100))

    def make() -> Lake:
        folder = tmp_path / str(next(count))
        folder.mkdir()
        return open_lake(folder.resolve())

    return make


@pytest.mark.slow
def test_days_in_order_equal_one_run_and_the_definition(
    fresh_lake: Callable[[], Lake], run: Run
) -> None:
    """Two days against all at once in another order and other partitions, against a loop."""
    pages = crawl(1, 60)
    assert len({page.of for page in pages}) > 4
    outcomes, texts = one_after_another(pages, SECTION.window)
    assert set(outcomes.values()) == {"kept", "filtered", "duplicate"}
    assert any(outcomes[p.of] == "filtered" and outcomes[p.doc_id] == "kept" for p in pages if p.of)
    random.Random(2).shuffle(pages)
    whole = decide(fresh_lake(), run, [pages])
    assert whole.outcomes == outcomes
    assert flat(whole.texts) == texts
    originals = {page.doc_id: page.text for page in pages}
    for doc_id, text in whole.texts.items():
        went = len(originals[doc_id]) - len(text)
        assert whole.removed[doc_id].get("characters", 0) == went
        assert whole.words[doc_id] == (len(text.split()) if went else -1)
    # What goes stands elsewhere: no sentence of a document that is kept is lost.
    standing = {one for text in whole.texts.values() for one in sentences_of(text)}
    assert all(standing.issuperset(sentences_of(originals[doc_id])) for doc_id in whole.texts)
    days = [[p for p in pages if p.hour < 30], [p for p in pages if p.hour >= 30]]
    by_day = decide(fresh_lake(), run, days)
    assert by_day.outcomes == whole.outcomes
    assert by_day.texts == whole.texts
    assert by_day.index == whole.index


@pytest.mark.slow
@pytest.mark.parametrize("seed", [3, 4, 5])
def test_ten_days_and_both_ways_of_judging(
    fresh_lake: Callable[[], Lake], run: Run, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ten days; and Spark's rounds in the place of the driver's loop."""
    pages = crawl(seed, 150)
    outcomes, texts = one_after_another(pages, SECTION.window)
    days = [[p for p in pages if p.hour // 15 == day] for day in range(10)]
    by_day = decide(fresh_lake(), run, days)
    assert (by_day.outcomes, flat(by_day.texts)) == (outcomes, texts)
    monkeypatch.setattr(curate_passages, "DRIVER_PASSAGES", 0)
    in_spark = decide(fresh_lake(), run, [pages])
    assert in_spark.outcomes == outcomes
    assert in_spark.texts == by_day.texts
    assert in_spark.index == by_day.index
    assert in_spark.details[0]["passages_undecided"] == 0


def chain(length: int) -> list[Page]:
    """Page i has passages i and i + 1, and is too short with one of them: every second one goes."""
    return [
        Page(f"{number:04d}", sentence(number) + sentence(number + 1), number)
        for number in range(length)
    ]


@pytest.mark.slow
def test_a_long_chain_is_settled_in_order(lake: Lake, run: Run) -> None:
    """Pages of a list that moves on by one: each is short because of the one before, or is not."""
    section = Passages(unit="sentences", window=1, min_words=5, min_sentences=2)
    decided = decide(lake, run, [chain(300)], section)
    assert [decided.outcomes[f"{i:04d}"] for i in range(300)] == ["kept", "filtered"] * 150
    assert all(not removed for removed in decided.removed.values())


@pytest.mark.slow
def test_a_chain_longer_than_the_rounds_errs_on_the_side_of_keeping(
    lake: Lake, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What Spark's rounds do not reach is kept with what is left, and counted."""
    section = Passages(unit="sentences", window=1, min_words=5, min_sentences=2)
    monkeypatch.setattr(curate_passages, "DRIVER_PASSAGES", 0)
    monkeypatch.setattr(curate_passages, "MAX_ROUNDS", 3)
    decided = decide(lake, run, [chain(20)], section)
    told = 20 - decided.details[0]["passages_undecided"]
    assert 0 < told < 20
    outcomes = [decided.outcomes[f"{i:04d}"] for i in range(20)]
    assert outcomes[:told] == (["kept", "filtered"] * 10)[:told]
    assert set(outcomes[told:]) == {"kept"}
    # No sentence is lost: each stands in some page that is kept.
    text = " ".join(decided.texts.values())
    assert all(sentence(i).strip() in text for i in range(20))


def test_site_lines_go_from_every_page_and_counts_grow(lake: Lake, run: Run) -> None:
    """Three pages of a site have a line; another site's same line and a page without a host do
    not count. A day later one more page is enough, because the index remembers."""
    line = "Read more of our stories."

    def page(number: int, host: str = "a.example") -> Page:
        above = (sentence(number) + sentence(number + 9)).strip()
        text = f"{above}\n{line}\n\n{sentence(number + 20).strip()}"
        return Page(f"{number:04d}", text, number, host=host)

    section = Passages(min_words=1, min_sentences=1, site_lines=SiteLines(min_pages=3, site="host"))
    first = [page(1), page(2), *(page(i, "b.example") for i in (3, 4, 5)), page(6, "")]
    decided = decide(lake, run, [first, [page(7)]], section)
    assert [line in decided.texts[f"{i:04d}"] for i in range(1, 8)] == [
        True, True, False, False, False, True, False,
    ]  # fmt: skip
    assert (
        decided.texts["0003"]
        == (sentence(3) + sentence(12)).strip() + "\n\n" + sentence(23).strip()
    )
    assert decided.removed["0003"] == {"site_lines": 1, "characters": len(line) + 1}
    assert set(decided.outcomes.values()) == {"kept"}


def test_the_index_is_not_shuffled(lake: Lake, run: Run) -> None:
    """The index is partitioned by bucket of key: only the day's side of the join is."""
    decide(lake, run, [crawl(1, 5)])
    occurrences = lake.spark.createDataFrame(
        pa.table({"key_high": np.arange(3), "key_low": np.arange(3)})
    )
    lake.spark.conf.set("spark.sql.autoBroadcastJoinThreshold", "-1")
    matched = lake.sql("passages/matched", index=lake.frame(INDEX), occurrences=occurrences)
    plan = matched._jdf.queryExecution().executedPlan().toString()
    exchanges = [line for line in plan.splitlines() if "Exchange" in line]
    assert len(exchanges) == 1, plan
    assert "keygroupedpartitioning" in exchanges[0]


@pytest.mark.slow
def test_ten_megabytes_on_one_line(lake: Lake, run: Run) -> None:
    """Millions of sentences of one document, all but the first of them gone; and one word."""
    pages = [
        Page("a", f"{sentence(1)}{sentence(2)}{sentence(3)}" + "Tick tock. " * 900_000, 1),
        Page("b", "x" * 10_000_000, 2),
        Page("c", f"{sentence(2)}{sentence(3)}{sentence(1)}{sentence(4)}{sentence(5)}", 3),
    ]
    decided = decide(lake, run, [pages])
    assert set(decided.outcomes.values()) == {"kept"}
    assert decided.texts["a"].split(". ")[3:] == ["Tick tock."]
    assert decided.texts["b"] == pages[1].text
    assert flat(decided.texts)["c"] == (sentence(1) + sentence(4) + sentence(5)).strip()


@pytest.mark.slow
def test_a_million_pages_of_one_line(lake: Lake, run: Run) -> None:
    """One passage a million times: the first page keeps it, the others have nothing left."""
    count = 1_000_000
    line = " ".join(sentence(i).strip() for i in range(4))
    decided = decide(lake, run, [[Page(f"{i:07d}", line) for i in range(count)]])
    outcomes = list(decided.outcomes.values())
    assert (outcomes.count("kept"), outcomes.count("filtered")) == (1, count - 1)
    assert decided.outcomes["0000000"] == "kept"
    assert decided.texts == {"0000000": line}


@pytest.mark.slow
@pytest.mark.parametrize("language", ["en", "zh"])
def test_revisions_of_real_texts_by_day(
    fresh_lake: Callable[[], Lake], run: Run, data: Path, language: str
) -> None:
    """Texts that share most of their passages, in the order in which they were written: ten days
    end where one run over all of them does."""
    with gzip.open(data / "near_dup/revisions" / f"{language}.DEV.jsonl.gz", "rt") as lines:
        rows = [json.loads(line) for _, line in zip(range(400), lines, strict=False)]
    rows.sort(key=lambda row: row["time"])
    pages = [Page(f"{i:04d}{row['blob']}", row["text"], i // 2) for i, row in enumerate(rows)]
    section = Passages(unit="sentences")
    whole = decide(fresh_lake(), run, [random.Random(1).sample(pages, len(pages))], section)
    size = len(pages) // 10
    by_day = decide(
        fresh_lake(), run, [pages[i : i + size] for i in range(0, len(pages), size)], section
    )
    assert by_day.outcomes == whole.outcomes
    assert by_day.texts == whole.texts
    assert by_day.index == whole.index
    assert whole.details[0]["passages_too_short"] > 20
    assert whole.details[0]["shortened"] > 5
