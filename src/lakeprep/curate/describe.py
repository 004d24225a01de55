"""A recipe's rules in words: what `lakeprep rules` lists and `lakeprep tune` names."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from lakeprep.curate.urls import possible_reasons
from lakeprep.recipe import Recipe, Rule

#: Lowest and highest value that passes; None is no bound.
Pair = tuple[float | None, float | None]


@dataclass(frozen=True)
class RuleRow:
    """One bound: a document fails with `reason` if `signal` is below `min` or above `max`.
    `languages` is empty where the bound holds for all that no other row of the rule names."""

    reason: str
    signal: str
    min: float | None
    max: float | None
    languages: tuple[str, ...]
    except_languages: tuple[str, ...]
    source: str


def rule_rows(recipe: Recipe, language: str | None = None) -> list[RuleRow]:
    """Every bound of the recipe's languages and rules, languages with equal bounds together; or
    those alone that hold for one language. URL rules have no bounds, only a source."""
    rows = _all_rows(recipe)
    if language is None:
        return rows
    named = {(row.reason, row.signal, row.source) for row in rows if language in row.languages}
    return [
        row
        for row in rows
        if language in row.languages
        or (
            not row.languages
            and language not in row.except_languages
            and (row.reason, row.signal, row.source) not in named
        )
    ]


def _all_rows(recipe: Recipe) -> list[RuleRow]:
    wanted = recipe.languages
    bounds: dict[str, Pair] = {code: (score, None) for code, score in wanted.min_scores.items()}
    rows = [
        RuleRow(reason, "url", None, None, (), (), f"listed {kinds}")
        for reason, kinds in possible_reasons(recipe.url).items()
    ]
    rows += [
        RuleRow("language_score", "language_score", low, high, codes, (), "")
        for (low, high), codes in _grouped(bounds)
    ]
    if wanted.min_score > 0:
        rows.append(RuleRow("language_score", "language_score", wanted.min_score, None, (), (), ""))
    for rule in recipe.rules:
        if rule.min is not None or rule.max is not None:
            only = tuple(sorted(rule.languages or ()))
            others = tuple(sorted(rule.except_languages or ()))
            rows.append(
                RuleRow(rule.reason, rule.signal, rule.min, rule.max, only, others, rule.source)
            )
        own = {code: (b.min, b.max) for code, b in rule.by_language.items()}
        rows += [
            RuleRow(rule.reason, rule.signal, low, high, codes, (), rule.source)
            for (low, high), codes in _grouped(own)
        ]
    return rows


def _grouped(bounds: Mapping[str, Pair]) -> list[tuple[Pair, tuple[str, ...]]]:
    groups: dict[Pair, list[str]] = {}
    for code in sorted(bounds):
        groups.setdefault(bounds[code], []).append(code)
    return [(pair, tuple(codes)) for pair, codes in groups.items()]


def describe(rules: Iterable[Rule], reason: str) -> str:
    """The bounds of a reason in words: `min 50, max 100000 (en)`; empty where it is no signal's."""
    return "; ".join(_in_words(rule) for rule in rules if rule.reason == reason)


def _in_words(rule: Rule) -> str:
    text = bounds_text(rule.min, rule.max)
    own = _grouped({code: (b.min, b.max) for code, b in rule.by_language.items()})
    if len(own) > 3:
        own_text = f"{len(rule.by_language)} languages have their own"
    else:
        own_text = "; ".join(f"{', '.join(codes)}: {bounds_text(*pair)}" for pair, codes in own)
    text = "; ".join(part for part in (text, own_text) if part)
    if rule.languages is not None:
        text += f" ({', '.join(sorted(rule.languages))})"
    if rule.except_languages is not None:
        text += f" (not {', '.join(sorted(rule.except_languages))})"
    return text


def bounds_text(low: float | None, high: float | None) -> str:
    """`min 3, max 10`."""
    parts = [f"min {low:g}"] if low is not None else []
    parts += [f"max {high:g}"] if high is not None else []
    return ", ".join(parts)
