"""A recipe's rules as Spark SQL: one predicate a reason, true where the document fails.

Its URL rules are not among them: see `curate/urls.py`.
"""

from __future__ import annotations

from collections.abc import Iterable

from lakeprep.recipe import Languages, Recipe, Rule


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


def _rule(rule: Rule) -> str:
    signal = f"signals.{rule.signal}"
    bounds = []
    if rule.min is not None:
        bounds.append(f"{signal} < {rule.min!r}D")
    if rule.max is not None:
        bounds.append(f"{signal} > {rule.max!r}D")
    predicate = " OR ".join(bounds)
    if rule.languages is not None:
        return f"language IN ({_list(rule.languages)}) AND ({predicate})"
    if rule.except_languages is not None:
        return f"language NOT IN ({_list(rule.except_languages)}) AND ({predicate})"
    return predicate


def _languages(languages: Languages) -> Iterable[tuple[str, str]]:
    if languages.keep is not None:
        yield (
            "language",
            f"status = 'ok' AND COALESCE(language, '') NOT IN ({_list(languages.keep)})",
        )
    default = f"{languages.min_score!r}D"
    by_language = [
        f"WHEN {literal(code)} THEN {score!r}D"
        for code, score in sorted(languages.min_scores.items())
    ]
    limit = f"CASE language {' '.join(by_language)} ELSE {default} END" if by_language else default
    yield "language_score", f"status = 'ok' AND COALESCE(language_score, 0D) < {limit}"


def _list(values: Iterable[str]) -> str:
    return ", ".join(literal(value) for value in sorted(values))
