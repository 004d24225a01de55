"""What `lakeprep explain` says equals what the tables hold, whatever form the question has."""

from __future__ import annotations

import json
from dataclasses import asdict

import pytest

from lakeprep import explain as module
from lakeprep.console import show_explanation
from lakeprep.curate.failures import Failure
from lakeprep.errors import UsageError
from lakeprep.explain import MOST, Explanation, explain
from lakeprep.lake.catalog import Lake
from lakeprep.recipe import Recipe

pytestmark = pytest.mark.spark


def name(number: int) -> str:
    return f"{number:032x}"


def numbers(found: Explanation) -> list[int]:
    return [int(capture.doc_id, 16) for capture in found.captures]


def test_all_captures_of_a_url_newest_first(known: Lake) -> None:
    """Where each came from, which of them was dropped for which, and on what evidence."""
    found = explain(known, "https://a.example/0", dataset="web")
    assert numbers(found) == [1, 0] and found.found == 2
    newer, older = found.captures
    assert (older.fetched_at, newer.fetched_at) == (
        "2026-01-05T00:00:00+00:00", "2026-01-05T01:00:00+00:00",
    )  # fmt: skip
    assert newer.source["source_path"] == "crawl.warc.gz" and newer.source["source_offset"] == 1
    assert newer.source["run_id"] == "ingest-run" and newer.text is None
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


def test_other_spellings_of_a_url_and_ids(known: Lake) -> None:
    """Tracking parameters or a record id as the archive writes it name the page as well; an exact
    URL goes before the spellings."""
    for asked in ("http://www.d.example/five?x=1&utm_source=y", "<urn:5>"):
        found = explain(known, asked, dataset="web", text=8)
        assert numbers(found) == [5], asked
        assert found.captures[0].text == "The text"


def test_a_failed_rule_is_shown_with_value_and_threshold(known: Lake, recipe: Recipe) -> None:
    """The tables hold the names of rules only; thresholds come from the recipe that decided, and
    from no other."""
    (capture,) = explain(known, name(4), recipe=recipe).captures
    decisions = {decision.dataset: decision for decision in capture.decisions}
    assert set(decisions) == {"web", "other"}
    assert decisions["other"].outcome == "kept"
    assert decisions["web"].failures == (
        Failure("language_score", "language_score", 0.1, "min 0.5"),
        Failure("word_count", "word_count", 104.0, "max 103", "by hand"),
    )
    unknown = explain(known, name(4), dataset="web")
    assert unknown.captures[0].decisions[0].failures == (
        Failure("language_score", "language_score", 0.1),
        Failure("word_count", "word_count", 104.0),
    )
    other = Recipe(name="other", rules=recipe.rules)
    (note,) = explain(known, name(4), dataset="web", recipe=other).notes
    assert "web" in note and "other" in note


def test_pages_that_are_no_documents(known: Lake) -> None:
    """Not scored yet, rejected with the reason, or not there at all."""
    (waiting,) = explain(known, "https://new.example/").captures
    assert (waiting.status, waiting.decisions) == (None, ())
    for asked in ("https://r.example/", "urn:r"):
        (reject,) = explain(known, asked).rejects
        assert reject["reason"] == "damaged"
    for asked in ("https://nowhere.example/", name(77), "' OR 1 = 1 --", ""):
        with pytest.raises(UsageError, match="nothing in this lake"):
            explain(known, asked)
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
    known: Lake, capsys: pytest.CaptureFixture[str]
) -> None:
    for asked in (name(0), "urn:r"):
        found = explain(known, asked, dataset="web", text=20)
        show_explanation(found)
        shown = capsys.readouterr().out
        assert "[red] [31m moc.elpmaxe [/red]" in shown
        assert all(c.isprintable() or c == "\n" for c in shown)
        json.dumps(asdict(found))
    assert "release_2" not in shown
