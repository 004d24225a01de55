"""What a reason meant for one document: the value, and the bound that it broke."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from lakeprep.curate.describe import RuleRow, bounds_text, rule_rows
from lakeprep.recipe import Recipe, signal_names

if TYPE_CHECKING:
    from pyspark.sql import Row


@dataclass(frozen=True)
class Failure:
    """A rule that failed. `bounds` in words, and their source, where the recipe is known."""

    reason: str
    signal: str | None = None
    value: float | str | None = None
    bounds: str = ""
    source: str = ""


def failures(reason: str, document: Row, recipe: Recipe | None) -> list[Failure]:
    """What a reason of the outcomes means for that document (a row of silver): a failure for each
    bound that it breaks; without a recipe the value alone, where the reason is a signal's name."""
    if reason == "language":
        keep = recipe.languages.keep if recipe else None
        bounds = f"only {', '.join(keep)}" if keep else ""
        return [Failure(reason, "language", document.language, bounds)]
    if recipe is None:
        signal = reason if reason in {*signal_names(), "language_score"} else None
        return [Failure(reason, signal, _value(document, signal) if signal else None)]
    rows = [row for row in rule_rows(recipe, document.language or "") if row.reason == reason]
    broken = [row for row in rows if _breaks(row, _value(document, row.signal))]
    return [
        Failure(
            reason,
            row.signal,
            _value(document, row.signal),
            bounds_text(row.min, row.max),
            row.source,
        )
        for row in broken
    ] or [Failure(reason)]


def _value(document: Row, signal: str) -> float | str | None:
    value = document[signal] if signal in ("url", "language_score") else document.signals[signal]
    return value if value is None or isinstance(value, str) else float(value)


def _breaks(row: RuleRow, value: float | str | None) -> bool:
    if not isinstance(value, float):  # a URL, or a score that is not there and counts as 0
        return value is not None or row.signal == "language_score"
    return (row.min is not None and value < row.min) or (row.max is not None and value > row.max)
