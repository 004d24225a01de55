"""Duplicates through Spark: the index, the policies, and independence of order and days."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from lakeprep.curate import duplicates
from lakeprep.curate.stage import curate
from lakeprep.errors import LakeBusy
from lakeprep.lake.catalog import Lake
from lakeprep.lake.runs import Run
from lakeprep.publish.stage import publish
from lakeprep.recipe import Recipe
from silver_pages import Page, Silver, drifting_pages, sentence, word

WORDS = [word(i) for i in range(100)]
TEXT = " ".join(WORDS)
EDITED = " ".join([*WORDS[:98], "other", "end"])
LONGER = " ".join([*WORDS, "and", "more"])
UNLIKE = " ".join(word(i) for i in range(1000, 1100))


def with_policy(recipe: Recipe, **changes: object) -> Recipe:
    section = recipe.duplicates.model_dump() | changes
    given = recipe.model_dump(exclude_unset=True) | {"duplicates": section}
    return Recipe.model_validate(given)


def kinds(silver: Silver) -> Mapping[int, str | None]:
    rows = silver.lake.frame("gold.web_outcomes").collect()
    return {silver.numbers[row.doc_id]: row.duplicate_kind for row in rows}


@pytest.mark.parametrize(
    ("sent", "sparse"),
    [(duplicates._BROADCAST, duplicates._SPARSE), (-1, 0)],
    ids=["small-day", "large-day"],
)
def test_each_kind_has_its_evidence_and_what_is_published_stands(
    silver: Silver, sent: int, sparse: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also on a day that is too large to be sent to every executor, and with texts looked up."""
    monkeypatch.setattr(duplicates, "_BROADCAST", sent)
    monkeypatch.setattr(duplicates, "_SPARSE", sparse)
    silver.add(
        [
            Page(0, TEXT, url="x.example/"),
            Page(1, UNLIKE, day=1, url="x.example/"),
            Page(2, TEXT, day=2),
            Page(3, EDITED, day=3),
            Page(4, "other words than these", day=4),
        ]
    )
    silver.decide()
    assert kinds(silver) == {0: None, 1: "url", 2: "exact", 3: "near", 4: None}
    rows = {silver.numbers[r.doc_id]: r for r in silver.lake.frame("gold.web_outcomes").collect()}
    assert rows[2].similarity == rows[2].containment == 1.0
    assert 0.9 < rows[3].similarity < 1
    assert rows[1].similarity == 0.0
    assert {rows[i].cluster_id for i in range(4)} == {rows[0].doc_id}

    # A later copy does not replace what is published, even if it was fetched before.
    silver.add([Page(5, EDITED, day=-1), Page(6, EDITED, day=9)])
    silver.decide(2)
    assert silver.survivors() == {0: 0, 1: 0, 2: 0, 3: 0, 4: 4, 5: 0, 6: 0}


@pytest.mark.parametrize(
    ("runs", "max_bucket"), [(2, 16), (2, 3), pytest.param(10, 16, marks=pytest.mark.slow)]
)
def test_days_partitions_and_order_do_not_matter(
    open_lake: Callable[[Path], Lake],
    tmp_path: Path,
    run: Run,
    lenient: Recipe,
    runs: int,
    max_bucket: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Runs in order of date, with texts looked up, or one over all of it, shuffled and cut
    otherwise: the same survivors, clusters and evidence, and the same gold. Also where buckets
    were full before the last run."""
    lenient = with_policy(lenient, max_bucket=max_bucket)
    pages = drifting_pages(12, 20, runs)
    answers = []
    for name, days in (("days", runs), ("once", 1)):
        folder = tmp_path / name
        folder.mkdir()
        silver = Silver(open_lake(folder), replace(run, recipe_hash=lenient.hash), lenient)
        monkeypatch.setattr(duplicates, "_SPARSE", 0 if days > 1 else 1 << 40)
        for day in range(days):
            part = [page for page in pages if days == 1 or page.day == day]
            random.Random(day).shuffle(part)
            silver.add(part, partitions=1 if days > 1 else 5)
            silver.decide(day + 1)
        answers.append((silver.decided(), silver.evidence()))
    assert answers[0] == answers[1]
    survivors = {survivor for survivor, _ in answers[0][0].values()}
    clusters = {cluster for _, cluster in answers[0][0].values()}
    assert len(clusters) < len(survivors) < len(pages)  # families drift away from their first


def test_the_policy_chooses(silver: Silver, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also where documents are looked up. (`latest` is in the test below.) The first one would be
    page 0."""
    silver.add([Page(0, TEXT, day=0), Page(1, LONGER, day=1), Page(2, EDITED, day=2)])
    choices = [("longest", None, 1), ("best", "mean_word_length", 2)]
    for day, (policy, best_by, kept) in enumerate(choices, 1):
        monkeypatch.setattr(duplicates, "_SPARSE", 0 if policy == "best" else 1 << 40)
        silver.recipe = with_policy(silver.recipe, policy=policy, best_by=best_by)
        silver.run = replace(silver.run, recipe_hash=silver.recipe.hash)
        silver.decide(day, full=True)
        assert silver.survivors() == dict.fromkeys(range(3), kept)


def test_a_preferred_document_replaces_the_published_one(silver: Silver) -> None:
    """In one commit: gold has the new one instead, and what the old one stood for is compared with
    the new one; what is not like it comes back."""
    silver.recipe = with_policy(silver.recipe, policy="latest")
    silver.run = replace(silver.run, recipe_hash=silver.recipe.hash)
    half = " ".join([*WORDS[:90], *map(word, range(2000, 2010))])
    far = " ".join([*map(word, range(3000, 3009)), *WORDS[9:]])
    silver.add([Page(0, TEXT, day=1), Page(1, far, day=0), Page(9, UNLIKE)])
    silver.decide(1)
    assert silver.survivors() == {0: 0, 1: 0, 9: 9}
    silver.add([Page(2, half, day=2)])
    silver.decide(2)
    assert silver.survivors() == {2: 2, 0: 2, 1: 1, 9: 9}
    gold = [silver.numbers[row.doc_id] for row in silver.lake.frame("gold.web").collect()]
    assert sorted(gold) == [1, 2, 9]
    runs = {silver.numbers[r.doc_id]: r.run_id for r in silver.lake.frame("gold.web").collect()}
    assert runs[9] == "20260301-1"


@pytest.mark.slow
@pytest.mark.parametrize("policy", ["first", "latest"])
def test_of_two_curates_at_once_one_wins(silver: Silver, policy: str) -> None:
    """Both decide the same new document, and `latest` makes both delete what it replaces."""
    silver.recipe = with_policy(silver.recipe, policy=policy)
    silver.run = replace(silver.run, recipe_hash=silver.recipe.hash)
    silver.add([Page(0, TEXT, day=0), Page(1, UNLIKE)])
    silver.decide(1)
    silver.add([Page(2, EDITED, day=2)])
    one, other = (replace(silver.run, run_id=f"20260302-{number}") for number in (1, 2))
    for run in (one, other):
        curate(silver.lake, run, silver.recipe)
    publish(silver.lake, one, silver.recipe)
    decided = silver.evidence()
    with pytest.raises(LakeBusy, match="another run has written"):
        publish(silver.lake, other, silver.recipe)
    assert silver.evidence() == decided
    kept = 2 if policy == "latest" else 0
    assert silver.survivors() == {0: kept, 1: 1, 2: kept}

    assert not curate(silver.lake, other, silver.recipe).changed
    silver.add([Page(3, TEXT, day=-1)])
    silver.decide(3)
    assert silver.survivors() == {0: kept, 1: 1, 2: kept, 3: kept}


def test_a_full_bucket_is_counted_and_named(silver: Silver) -> None:
    """Pages of one template: none is dropped unverified, none disappears."""
    from lakeprep.report.figures import collect

    chance = random.Random(3)
    template = [word(i) for i in range(300)]
    pages = [Page(i, " ".join([*template, *sentence(chance, 20)])) for i in range(60)]
    silver.recipe = with_policy(silver.recipe, near={"min_jaccard": 0.95}, max_bucket=4)
    silver.run = replace(silver.run, recipe_hash=silver.recipe.hash)
    silver.add(pages)
    silver.decide()
    assert silver.survivors() == {i: i for i in range(60)}
    full = collect(silver.lake, replace(silver.run, run_id="20260301-1")).full_buckets
    assert full
    assert full[0].documents > full[0].left_out > 0
    assert full[0].url.startswith("http://x")


def test_no_duplicates_wanted(silver: Silver) -> None:
    silver.recipe = with_policy(silver.recipe, url=False, exact=False, near=None)
    silver.run = replace(silver.run, recipe_hash=silver.recipe.hash)
    silver.add([Page(0, TEXT), Page(1, TEXT)])
    silver.decide()
    assert silver.survivors() == {0: 0, 1: 1}
