"""What if: the figures equal a count by hand, and examples stand on their side of the bound."""

from __future__ import annotations

import random
from datetime import datetime, timezone
from typing import Any

import pytest

from lakeprep.curate.tune import Proposal, propose, tune
from lakeprep.errors import UsageError
from lakeprep.lake.catalog import Lake, dataset_tables
from lakeprep.recipe import Languages, Recipe, Rule, signal_names

DOCUMENTS = 900
RECIPE = Recipe(
    name="web",
    languages=Languages(min_score=0.5),
    rules=(
        Rule(signal="word_count", min=50, max=900),
        Rule(signal="hash_ratio", max=0.8, by_language={"de": {"max": 0.4}, "fr": {"min": 0.1}}),
        Rule(signal="alpha_word_ratio", min=0.3, languages=frozenset({"en"})),
        Rule(signal="alpha_word_ratio", min=0.2, except_languages=frozenset({"en", "de"})),
    ),
)  # fmt: skip


def documents() -> list[dict[str, Any]]:
    """Rows of silver with every signal null but three; values on the bounds among them."""
    chance = random.Random(4)
    rows = []
    for number in range(DOCUMENTS):
        ok = number % 10 != 9
        signals = dict.fromkeys(signal_names())
        signals["word_count"] = float(chance.choice((10, 50, 500, 900, 1000)))
        signals["hash_ratio"] = chance.choice((0.05, 0.1, 0.4, 0.45, 0.8, 0.9))
        signals["alpha_word_ratio"] = chance.choice((0.1, 0.2, 0.25, 0.3, 0.9))
        rows.append(
            {
                "doc_id": f"{number:032x}",
                "url": f"https://a.example/{number}",
                "url_key": f"a.example/{number}",
                "host": "a.example",
                "domain": "a.example",
                "fetched_at": datetime(2026, 1, 1, tzinfo=timezone.utc),
                "status": "ok" if ok else "empty",
                "language": chance.choice(("en", "de", "fr", None)) if ok else None,
                "language_score": chance.choice((0.4, 0.5, 0.9)) if ok else None,
                "signals": signals if ok else None,
                "source_path": "a.warc",
                "source_offset": number,
                "source_length": 1,
                "run_id": "r",
            }
        )
    return rows


def failing(row: dict[str, Any], alpha: float = 0.3, other_alpha: float = 0.2) -> set[str]:
    """The reasons of RECIPE, spelt out; `alpha` and `other_alpha` as proposed."""
    if row["status"] != "ok":
        return {"status"}
    reasons, language, signals = set(), row["language"], row["signals"]
    if (row["language_score"] or 0) < 0.5:
        reasons.add("language_score")
    if not 50 <= signals["word_count"] <= 900:
        reasons.add("word_count")
    low, high = {"de": (None, 0.4), "fr": (0.1, None)}.get(language, (None, 0.8))
    hashes = signals["hash_ratio"]
    if (high is not None and hashes > high) or (low is not None and hashes < low):
        reasons.add("hash_ratio")
    limit = {"en": alpha, "fr": other_alpha}.get(language)
    if limit is not None and signals["alpha_word_ratio"] < limit:
        reasons.add("alpha_word_ratio")
    return reasons


@pytest.fixture
def silver(lake: Lake) -> Lake:
    from lakeprep.lake.schema import table_schema

    rows = [
        {column.name: row.get(column.name) for column in table_schema("silver.documents").columns}
        for row in documents()
    ]
    frame = lake.spark.createDataFrame(rows, table_schema("silver.documents").spark())
    lake.append(frame, "silver.documents", branch=None, properties={})
    return lake


@pytest.mark.spark
def test_figures_are_those_of_a_count_by_hand(silver: Lake) -> None:
    found = tune(silver, RECIPE, [Proposal.parse("alpha_word_ratio=0.26")])
    rows = documents()
    now = [failing(row) for row in rows]
    then = [failing(row, 0.26, 0.26) for row in rows]
    assert (found.documents, found.passing) == (DOCUMENTS, now.count(set()))
    assert found.passing_proposed == then.count(set()) != found.passing
    assert {rule.reason for rule in found.rules} == set().union(*now)
    for rule in found.rules:
        reason = rule.reason
        assert rule.removed == sum(reason in reasons for reasons in now), reason
        assert rule.only == now.count({reason})
        assert rule.removed_proposed == sum(reason in reasons for reasons in then)
        assert rule.only_proposed == then.count({reason})
        for other in found.rules:
            both = sum({reason, other.reason} <= reasons for reasons in then)
            assert found.overlap[reason].get(other.reason, 0) == both

    assert len(found.examples) == 2  # two rules bound that signal from below
    for example in found.examples:
        assert 0 < len(example.dropped) <= 20 and 0 < len(example.kept) <= 20
        assert all(one["signal_value"] < one["bound"] == 0.26 for one in example.dropped)
        assert all(one["signal_value"] >= one["bound"] for one in example.kept)
        # The nearest of those that there are: 0.25 below, 0.3 above.
        assert {one["signal_value"] for one in example.dropped} == {0.25}
        assert {one["signal_value"] for one in example.kept} == {0.3}
    assert {one["language"] for one in found.examples[0].dropped} == {"en"}


@pytest.mark.spark
def test_an_unknown_data_set_is_refused_with_the_known(lake: Lake) -> None:
    """A bug's trace, or zeros, would be taken for an answer."""
    with pytest.raises(UsageError, match="no data set 'wep' in this lake; data sets: none yet"):
        tune(lake, RECIPE, [], dataset="wep")
    lake.ensure(*dataset_tables("web"))
    with pytest.raises(UsageError, match=r"data sets: web$"):
        tune(lake, RECIPE, [], dataset="wep")


def bounds(recipe: Recipe, signal: str) -> list[tuple[Any, ...]]:
    return [
        (rule.min, rule.max, {c: (b.min, b.max) for c, b in rule.by_language.items()})
        for rule in recipe.rules
        if rule.signal == signal
    ]


def test_a_proposal_changes_the_bounds_that_there_are() -> None:
    hashes = propose(RECIPE, [Proposal.parse("hash_ratio>0.5")])
    assert bounds(hashes, "hash_ratio") == [(None, 0.5, {"de": (None, 0.5), "fr": (0.1, None)})]
    german = propose(RECIPE, [Proposal.parse("de:hash_ratio>0.5")])
    assert bounds(german, "hash_ratio") == [(None, 0.8, {"de": (None, 0.5), "fr": (0.1, None)})]
    spanish = propose(RECIPE, [Proposal.parse("es:hash_ratio>0.5")])
    assert bounds(spanish, "hash_ratio")[0][2]["es"] == (None, 0.5)
    english = propose(RECIPE, [Proposal.parse("en:alpha_word_ratio=0.4")])
    assert bounds(english, "alpha_word_ratio") == [
        (0.3, None, {"en": (0.4, None)}),
        (0.2, None, {}),
    ]
    words = propose(RECIPE, [Proposal.parse("word_count<80")])
    assert bounds(words, "word_count") == [(80.0, 900.0, {})]
    added = propose(RECIPE, [Proposal.parse("url_count > 9"), Proposal.parse("de:line_count<3")])
    assert added.rules[-2:] == (
        Rule(signal="url_count", max=9),
        Rule(signal="line_count", min=3, languages=frozenset({"de"})),
    )
    assert RECIPE.rules == propose(RECIPE, []).rules


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("hash_ratioo=0.1", ("hash_ratio", "did you mean")),
        ("hash_ratio", ("SIGNAL=VALUE",)),
        ("hash_ratio=much", ("'much' is no number",)),
        ("hash_ratio=nan", ("no number",)),
        ("word_count=70", ("both sides", "word_count<70")),
        ("url_count=7", ("no rule on it", "url_count>7")),
        ("word_count<1000", ("no document could pass",)),
        ("alpha_word_ratio<2", ("above 1",)),
        ("hash_ratio>-1", ("below 0",)),
    ],
)
def test_proposals_that_cannot_be_meant(text: str, words: tuple[str, ...]) -> None:
    with pytest.raises(UsageError) as refused:
        propose(RECIPE, [Proposal.parse(text)])
    for word in (text, *words):
        assert word in str(refused.value)
