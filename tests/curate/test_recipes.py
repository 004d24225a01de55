"""The shipped recipes: that they load, say where numbers come from, and hold what was published."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from pydantic import ValidationError

from lakeprep.curate.describe import describe, rule_rows
from lakeprep.curate.rules import failing_predicates
from lakeprep.lake.catalog import Lake
from lakeprep.recipe import Passages, Recipe, Rule, load_recipe, shipped_recipes

# FineWeb-2's names of the languages that both have.
PUBLISHED = {
    "ar": "arb_Arab", "de": "deu_Latn", "fr": "fra_Latn", "hi": "hin_Deva", "it": "ita_Latn",
    "ja": "jpn_Jpan", "ko": "kor_Hang", "pt": "por_Latn", "ru": "rus_Cyrl", "es": "spa_Latn",
    "th": "tha_Thai", "vi": "vie_Latn", "zh": "cmn_Hani",
}  # fmt: skip
CALIBRATED = {"zh", "ja", "th"}


def limits(recipe: Recipe, signal: str, language: str) -> list[tuple[float | None, float | None]]:
    """(min, max) of every rule on the signal that applies to the language."""
    found = []
    for rule in recipe.rules:
        wanted = language in (rule.languages or {language}) - (rule.except_languages or set())
        bounds = rule.by_language.get(language, rule)
        if rule.signal == signal and wanted and (bounds.min, bounds.max) != (None, None):
            found.append((bounds.min, bounds.max))
    return found


@pytest.mark.parametrize("name", shipped_recipes())
def test_every_rule_names_its_source(name: str) -> None:
    recipe = load_recipe(name)
    assert recipe.name == name
    assert recipe.rules
    for rule in recipe.rules:
        assert rule.source, rule
    assert {row.reason for row in rule_rows(recipe)} >= {rule.reason for rule in recipe.rules}


def test_fineweb_is_what_datatrove_publishes() -> None:
    """Every number of RULES.md sections 2, 3 and 5, on English alone."""
    recipe = load_recipe("fineweb")
    assert recipe.languages.keep == ("en",) and recipe.languages.min_score == 0.65
    above = {
        "dup_paragraph_ratio": 0.3, "dup_paragraph_char_ratio": 0.2, "dup_line_ratio": 0.3,
        "dup_line_char_ratio": 0.2, "top_2gram_char_ratio": 0.2, "top_3gram_char_ratio": 0.18,
        "top_4gram_char_ratio": 0.16, "hash_ratio": 0.1, "ellipsis_ratio": 0.1,
        "bullet_line_ratio": 0.9, "ellipsis_line_ratio": 0.3, "short_line_ratio": 0.67,
        "dup_char_ratio": 0.01, "newline_word_ratio": 0.3, "lorem_ipsum": 0, "curly_bracket": 0,
        **{f"dup_{n}gram_char_ratio": (20 - n) / 100 for n in range(5, 11)},
    }  # fmt: skip
    below = {"alpha_word_ratio": 0.8, "stop_word_count": 2, "terminal_line_ratio": 0.12,
             "sentence_count": 5}  # fmt: skip
    both = {"word_count": (50, 100_000), "mean_word_length": (3, 10)}
    expected = {name: (None, limit) for name, limit in above.items()}
    expected |= {name: (limit, None) for name, limit in below.items()} | both
    assert {rule.signal: (rule.min, rule.max) for rule in recipe.rules} == expected
    assert recipe.score.line_editor == "c4" and not recipe.score.line_editor_terminal_marks


@pytest.mark.parametrize("language", sorted(PUBLISHED))
def test_fineweb2_is_what_was_published(language: str, data: Path) -> None:
    """But for what is given on words in Chinese, Japanese and Thai."""
    path = data / "lists/language_thresholds/configs" / f"{PUBLISHED[language]}.yml"
    published: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
    recipe = load_recipe("fineweb2")
    assert recipe.languages.min_scores[language] == published["language_score"]

    def one(signal: str) -> tuple[float | None, float | None]:
        (only,) = limits(recipe, signal, language)
        return only

    assert one("dup_line_ratio") == (None, published["dup_line_frac"])
    marks = published["line_punct_thr"]
    assert limits(recipe, "terminal_line_ratio", language) == ([(marks, None)] if marks else [])
    assert one("dup_char_ratio") == (None, 0.1)
    assert one("stop_word_count") == (2, None)
    if language in CALIBRATED:
        assert one("dup_13gram_char_ratio")[1] is not None
        assert one("newline_word_ratio")[1] < published["new_line_ratio"]  # type: ignore[operator]
        return
    for n, limit in published["top_n_grams"]:
        assert one(f"top_{n}gram_char_ratio") == (None, limit)
    for n, limit in published["dup_n_grams"]:
        assert one(f"dup_{n}gram_char_ratio") == (None, limit)
    assert one("newline_word_ratio") == (None, published["new_line_ratio"])
    assert one("alpha_word_ratio") == (published["max_non_alpha_words_ratio"], None)
    shortest, longest = published["min_avg_word_length"], published["max_avg_word_length"]
    assert one("mean_word_length") == (shortest or None, longest)


def test_a_source_is_no_part_of_the_hash() -> None:
    rule = {"signal": "word_count", "min": 50}
    bare, cited, other = (
        Recipe.model_validate({"name": "a", "rules": [{**rule, **more}]})
        for more in ({}, {"source": "here"}, {"by_language": {"de": {"min": 40}}})
    )
    assert bare.hash == cited.hash != other.hash


@pytest.mark.spark
def test_bounds_by_language_in_sql(lake: Lake) -> None:
    """A language's own bounds stand in place of the rule's; a null language has the rule's."""
    recipe = Recipe(
        name="a",
        rules=(
            Rule.model_validate(
                {"signal": "word_count", "max": 5, "name": "own",
                 "by_language": {"de": {"max": 9}, "fr": {"min": 2}}}
            ),
            Rule.model_validate(
                {"signal": "word_count", "name": "only", "by_language": {"de": {"min": 4}}}
            ),
        ),
    )  # fmt: skip
    predicates = failing_predicates(recipe)
    rows = lake.spark.sql(
        f"SELECT language, x, COALESCE({predicates['own']}, FALSE) AS own,"
        f" COALESCE({predicates['only']}, FALSE) AS only"
        " FROM (SELECT language, x, NAMED_STRUCT('word_count', DOUBLE(x)) AS signals"
        " FROM VALUES ('de'), ('fr'), ('en'), (NULL) AS l (language)"
        " CROSS JOIN VALUES (1), (2), (4), (5), (6), (9), (10), (NULL) AS v (x))"
    ).collect()
    assert len(rows) == 32
    for row in rows:
        if row.x is None:
            assert not row.own and not row.only
            continue
        own = {"de": row.x > 9, "fr": row.x < 2}.get(row.language, row.x > 5)
        assert (row.own, row.only) == (own, row.language == "de" and row.x < 4), row


def test_rules_in_words() -> None:
    rules = [
        Rule(signal="word_count", min=50, max=1e5),
        Rule.model_validate({"signal": "hash_ratio", "by_language": {"de": {"max": 0.5}}}),
        Rule(signal="url_count", max=3, except_languages=frozenset({"en", "de"})),
    ]
    assert describe(rules, "word_count") == "min 50, max 100000"
    assert describe(rules, "hash_ratio") == "de: max 0.5"
    assert describe(rules, "url_count") == "max 3 (not de, en)"
    assert describe(rules, "nothing") == ""


def test_the_rules_of_one_language() -> None:
    recipe = Recipe.model_validate(
        {"name": "a", "languages": {"min_score": 0.5, "min_scores": {"de": 0.7}}, "rules": [
            {"signal": "word_count", "max": 5, "by_language": {"de": {"max": 9}}},
            {"signal": "url_count", "max": 1, "languages": ["fr"]},
            {"signal": "line_count", "max": 2, "except_languages": ["de"]},
        ]}
    )  # fmt: skip
    assert len(rule_rows(recipe)) == 6
    german = [(row.signal, row.min, row.max) for row in rule_rows(recipe, "de")]
    assert german == [("language_score", 0.7, None), ("word_count", None, 9)]
    french = [(row.signal, row.min, row.max) for row in rule_rows(recipe, "fr")]
    assert french == [
        ("language_score", 0.5, None), ("word_count", None, 5), ("url_count", None, 1),
        ("line_count", None, 2),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("passages", "fault"),
    [
        ({"window": 3}, "window needs unit: sentences"),
        ({"min_words": 9}, "needs unit, site_lines or both"),
        ({"unit": "words"}, "'sentences' or 'paragraphs'"),
        ({"site_lines": {"min_pages": 1}}, "greater than or equal to 2"),
        ({"unit": "sentences", "window": 0}, "greater than or equal to 1"),
    ],
    ids=["window", "nothing-on", "unit", "pages", "no-window"],
)
def test_passages_that_cannot_be_meant(passages: dict[str, Any], fault: str) -> None:
    """A section that does nothing, or not what it seems to."""
    with pytest.raises(ValidationError, match=fault):
        Passages.model_validate(passages)


def test_a_data_set_is_not_named_as_another_ones_index() -> None:
    with pytest.raises(ValidationError, match="_passages"):
        Recipe(name="web_passages")
