"""A recipe's rules as Spark SQL: one predicate a reason, true where the document fails.

Its URL rules are not among them: see `curate/urls.py`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Literal

from lakeprep.recipe import Languages, Recipe, Rule

Side = Literal["min", "max"]


def failing_predicates(recipe: Recipe) -> dict[str, str]:
    """Reason and predicate over the columns of silver.documents.

    A reason that several rules share fails where any of them does. A null signal fails no rule:
    a document without text fails by its status.
    """
    predicates: dict[str, list[str]] = {}
    for reason, predicate in [
        *_languages(recipe.languages),
        *((rule.reason, _rule(rule)) for rule in recipe.rules),
    ]:
        predicates.setdefault(reason, []).append(f"({predicate})")
    return {reason: " OR ".join(parts) for reason, parts in predicates.items()}


def reasons_expression(recipe: Recipe) -> str:
    """SQL for the array of all reasons for which a document fails, in alphabetical order.

    A status other than ok is a reason by its own name.
    """
    cases = [
        f"CASE WHEN {predicate} THEN {literal(reason)} END"
        for reason, predicate in failing_predicates(recipe).items()
    ]
    cases.append("CASE WHEN status <> 'ok' THEN status END")
    return f"ARRAY_SORT(ARRAY_COMPACT(ARRAY({', '.join(cases)})))"


def literal(text: str) -> str:
    """`text` as a SQL string."""
    escaped = text.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"


def bound(rule: Rule, side: Side) -> str | None:
    """SQL for the rule's bound on that side, null where the rule does not apply; None if it has
    none there."""
    limit, scope = _bound(rule, side), _scope(rule)
    return f"CASE WHEN {scope} THEN {limit} END" if limit and scope else limit


def _rule(rule: Rule) -> str:
    lowest, highest = _bound(rule, "min"), _bound(rule, "max")
    tests = []
    if lowest:
        tests.append(f"signals.{rule.signal} < {lowest}")
    if highest:
        tests.append(f"signals.{rule.signal} > {highest}")
    predicate = " OR ".join(tests)
    scope = _scope(rule)
    return f"{scope} AND ({predicate})" if scope else predicate


def _bound(rule: Rule, side: Side) -> str | None:
    """SQL for the bound in the languages to which the rule applies; None if it has none."""
    by_language = {code: getattr(own, side) for code, own in rule.by_language.items()}
    return _limit(getattr(rule, side), by_language)


def _scope(rule: Rule) -> str | None:
    """SQL for the languages that a rule is about; None for all."""
    if rule.languages is not None:
        return f"language IN ({_list(rule.languages)})"
    if rule.except_languages is not None:
        return f"language NOT IN ({_list(rule.except_languages)})"
    return None


def _limit(default: float | None, by_language: Mapping[str, float | None]) -> str | None:
    """SQL for a bound that depends on the language; null, which nothing exceeds, where a language
    has none. None if no language has one.

    A map that Spark folds into one constant: a CASE with forty branches in each of twenty rules
    makes methods too large for the JVM to compile well: on 300,000 rows `fineweb2` took 15.1 CPU
    seconds so, and takes 6.4.
    """
    if default is None and all(limit is None for limit in by_language.values()):
        return None
    if not by_language:
        return _number(default)
    given = {code: limit for code, limit in sorted(by_language.items()) if limit is not None}
    own = ", ".join(f"{literal(code)}, {_number(limit)}" for code, limit in given.items())
    limit = f"TRY_ELEMENT_AT(MAP({own}), language)" if given else _number(None)
    if default is None:
        return limit
    limit = f"COALESCE({limit}, {_number(default)})"
    if without := by_language.keys() - given.keys():
        return f"IF(COALESCE(language, '') IN ({_list(without)}), {_number(None)}, {limit})"
    return limit


def _number(value: float | None) -> str:
    return "CAST(NULL AS DOUBLE)" if value is None else f"{value!r}D"


def _languages(languages: Languages) -> Iterable[tuple[str, str]]:
    if languages.keep is not None:
        yield (
            "language",
            f"status = 'ok' AND COALESCE(language, '') NOT IN ({_list(languages.keep)})",
        )
    limit = _limit(languages.min_score, languages.min_scores)
    yield "language_score", f"status = 'ok' AND COALESCE(language_score, 0D) < {limit}"


def _list(values: Iterable[str]) -> str:
    return ", ".join(literal(value) for value in sorted(values))
