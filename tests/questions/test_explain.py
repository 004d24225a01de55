"""What `lakeprep explain` says equals what the tables hold, whatever form the question has."""

from __future__ import annotations

import json
from dataclasses import asdict

import pytest
from pyspark.sql import Row

from lakeprep import explain as module
from lakeprep.console import show_explanation
from lakeprep.curate.failures import Failure, failures
from lakeprep.errors import UsageError
from lakeprep.explain import MOST, Explanation, explain
from lakeprep.lake.catalog import Lake
from lakeprep.recipe import Recipe

pytestmark = pytest.mark.spark


def name(number: int) -> str:
    return f"{number:032x}"


def numbers(found: Explanation) -> list[int]:
    return [int(capture.doc_id, 16) for capture in found.captures]


@pytest.fixture(scope="module")
def captured_twice(known: Lake) -> Explanation:
    return explain(known, "https://a.example/0", dataset="web", text=8)


@pytest.fixture(scope="module")
def rejected(known: Lake) -> Explanation:
    return explain(known, "https://r.example/")


def test_all_captures_of_a_url_newest_first(captured_twice: Explanation) -> None:
    """Where each came from, which of them was dropped for which, and on what evidence."""
    assert numbers(captured_twice) == [1, 0] and captured_twice.found == 2
    newer, older = captured_twice.captures
    assert (older.fetched_at, newer.fetched_at) == (
        "2026-01-05T00:00:00+00:00", "2026-01-05T01:00:00+00:00",
    )  # fmt: skip
    assert newer.source["source_path"] == "crawl.warc.gz" and newer.source["source_offset"] == 1
    assert newer.source["run_id"] == "ingest-run" and newer.text == "The text"
    assert newer.signals["word_count"] == 101
    (decision,) = newer.decisions
    assert decision.duplicate_of and decision.duplicate_of.doc_id == name(0)
    assert decision.duplicate_of.url == older.url
    evidence = (decision.duplicate_kind, decision.similarity, decision.containment)
    assert evidence == ("url", 0.5, 1.0)
    assert (decision.releases, decision.dropped) == ((), 0)

    (survivor,) = older.decisions
    assert survivor.releases == ("release_2", "release_1")
    dropped = [(other.doc_id, other.url, other.similarity) for other in survivor.dropped_for]
    assert survivor.dropped == 2
    assert dropped == [
        (name(2), "https://b.example/2", 0.875), (name(1), "https://a.example/0", 0.5),
    ]  # fmt: skip
    # The whole chain: two kept documents share it, and its first twenty are shown.
    assert survivor.cluster_id == name(0) and survivor.cluster_documents == 29
    assert len(survivor.cluster) == MOST
    assert [other.doc_id for other in survivor.cluster[:3]] == [name(0), name(3), name(1)]


def test_a_url_in_another_spelling(known: Lake) -> None:
    """Tracking parameters name the page as well, where no page has them in its URL."""
    found = explain(known, "http://www.d.example/five?x=1&utm_source=y", dataset="web")
    assert numbers(found) == [5] and found.captures[0].text is None


def test_a_failed_rule_is_shown_with_value_and_threshold(known: Lake, recipe: Recipe) -> None:
    """The tables hold the names of rules only; thresholds come from the recipe that decided, and
    from no other. A record id may be given as the archive writes it."""
    found = explain(known, "<urn:4>", recipe=recipe)
    (capture,) = found.captures
    decisions = {decision.dataset: decision for decision in capture.decisions}
    assert set(decisions) == {"web", "other"}
    assert decisions["other"].outcome == "kept"
    assert decisions["web"].failures == (
        Failure("language_score", "language_score", 0.1, "min 0.5"),
        Failure("word_count", "word_count", 104.0, "max 103", "by hand"),
    )
    (note,) = found.notes
    assert "other was decided by another recipe" in note


def test_reasons_of_an_unknown_recipe_keep_their_values() -> None:
    """A name of the recipe's own says nothing without it; a signal's name has its value."""
    document = Row(url="u", language="de", language_score=None, signals={"word_count": 3.0})
    assert failures("word_count", document, None) == [Failure("word_count", "word_count", 3.0)]
    assert failures("too_short", document, None) == [Failure("too_short")]
    assert failures("language", document, None) == [Failure("language", "language", "de")]
    strict = Recipe.model_validate({"name": "a", "languages": {"keep": ["en"], "min_score": 0.5}})
    assert failures("language", document, strict)[0].bounds == "only en"
    assert failures("language_score", document, strict)[0].bounds == "min 0.5"


def test_pages_that_are_no_documents(known: Lake, rejected: Explanation) -> None:
    """Not scored yet, rejected with the reason, or not there at all."""
    (waiting,) = explain(known, "https://new.example/").captures
    assert (waiting.status, waiting.decisions) == (None, ())
    assert [reject["reason"] for reject in rejected.rejects] == ["damaged"]
    with pytest.raises(UsageError, match="nothing in this lake"):
        explain(known, "' OR 1 = 1 --")
    with pytest.raises(UsageError, match="no data set 'wep' in this lake; data sets: other, web"):
        explain(known, name(0), dataset="wep")


def test_filters_reach_the_files_and_texts_are_not_read(known: Lake) -> None:
    """A question about one page of a billion must not read their texts."""

    def plan(text: int) -> str:
        frame = module._documents(known, text).where(module._by_name(name(3), "doc_id"))
        return str(frame._jdf.queryExecution().executedPlan().toString())

    (scan,) = (line for line in plan(0).splitlines() if "BatchScan" in line)
    assert f"doc_id = '{name(3)}'" in scan and "text#" not in scan and "bands#" not in scan
    assert "text#" in plan(5)


def test_what_is_shown_cannot_steer_the_terminal(
    captured_twice: Explanation, rejected: Explanation, capsys: pytest.CaptureFixture[str]
) -> None:
    for found in (captured_twice, rejected):
        show_explanation(found)
        shown = capsys.readouterr().out
        assert "[red] [31m moc.elpmaxe [/red]" in shown
        assert all(c.isprintable() or c == "\n" for c in shown)
        json.dumps(asdict(found))
