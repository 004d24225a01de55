"""What if: how many documents each rule of a recipe drops, now and with other thresholds.

Everything comes from what silver.documents stores. One aggregate counts the documents by the set of
rules that they fail; removed, removed by this rule alone, and overlap are sums over those few sets.
One more query a proposed threshold finds the documents nearest to it.
"""

from __future__ import annotations

import re
import time
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from pydantic import ValidationError

from lakeprep.curate.describe import describe
from lakeprep.curate.rules import Side, bound, failing_predicates, literal
from lakeprep.curate.urls import possible_reasons, with_url_reasons
from lakeprep.errors import UsageError
from lakeprep.recipe import Bounds, Recipe, Rule, unknown_signal

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

    from lakeprep.lake.catalog import Lake

_PROPOSAL: Final = re.compile(r"(?:([a-z]{2,3}):)?([a-z0-9_]+)\s*([=<>])\s*(\S+)")
_BITS: Final = 62  # of a BIGINT
_STATUS: Final = "status"


@dataclass(frozen=True)
class Proposal:
    """A threshold to try: drop below (`min`) or above (`max`) `value`; for one language or all.
    `side` None: the side on which the recipe has a bound."""

    text: str
    signal: str
    side: Side | None
    value: float
    language: str | None = None

    @classmethod
    def parse(cls, text: str) -> Proposal:
        """`signal=value`, `signal<value` (drop below), `signal>value` (drop above), each with
        `language:` before it to mean only that language.

        Raises:
            UsageError: another form, an unknown signal, no finite number.
        """
        match = _PROPOSAL.fullmatch(text.strip())
        if not match:
            raise UsageError(
                f"--rule {text!r}: expected SIGNAL=VALUE, SIGNAL<VALUE (drop below) or "
                "SIGNAL>VALUE (drop above), with LANGUAGE: before it for one language"
            )
        language, signal, sign, number = match.groups()
        if fault := unknown_signal(signal):
            raise UsageError(f"--rule {text!r}: {fault}")
        try:
            value = float(number)
        except ValueError:
            value = float("nan")
        if not abs(value) < float("inf"):
            raise UsageError(f"--rule {text!r}: {number!r} is no number")
        sides: dict[str, Side] = {"<": "min", ">": "max"}
        return cls(text, signal, sides.get(sign), value, language)


@dataclass(frozen=True)
class RuleFigures:
    """Documents that fail one reason (`removed`), and fail nothing else (`only`)."""

    reason: str
    current: str
    proposed: str
    removed: int
    only: int
    removed_proposed: int
    only_proposed: int


@dataclass(frozen=True)
class Examples:
    """Documents nearest to a proposed bound: url, language, signal_value, bound."""

    rule: str
    side: Side
    dropped: tuple[Mapping[str, object], ...]
    kept: tuple[Mapping[str, object], ...]


@dataclass(frozen=True)
class Tuning:
    """What `lakeprep tune` prints. `overlap[a][b]`: documents that fail both, as proposed; a rule
    with itself is what it removes."""

    recipe: str
    documents: int
    passing: int
    passing_proposed: int
    rules: tuple[RuleFigures, ...]
    overlap: Mapping[str, Mapping[str, int]]
    examples: tuple[Examples, ...] = ()
    seconds: float = field(default=0.0, compare=False)


def propose(recipe: Recipe, proposals: Iterable[Proposal]) -> Recipe:
    """The recipe with those thresholds, rules added where it has none.

    Raises:
        UsageError: `signal=value` where the recipe bounds the signal on both sides or on none, or
            a value with which no document could pass.
    """
    for proposal in proposals:
        recipe = recipe.model_copy(update={"rules": tuple(_changed(recipe.rules, proposal))})
    return recipe


def _changed(rules: Sequence[Rule], proposal: Proposal) -> list[Rule]:
    about = [rule for rule in rules if rule.signal == proposal.signal]
    side = proposal.side or _only_side(about, proposal)
    hit = [rule for rule in about if side in _sides(rule) and _is_about(rule, proposal.language)]
    try:
        if not hit:
            only = {"languages": [proposal.language]} if proposal.language else {}
            added = {"signal": proposal.signal, side: proposal.value, **only}
            return [*rules, Rule.model_validate(added)]
        return [_with_bound(rule, side, proposal) if rule in hit else rule for rule in rules]
    except ValidationError as error:
        reason = error.errors()[0]["msg"].removeprefix("Value error, ")
        raise UsageError(f"--rule {proposal.text!r}: {reason}") from None


def _sides(rule: Rule) -> set[Side]:
    bounds = [(rule.min, rule.max), *((b.min, b.max) for b in rule.by_language.values())]
    found: set[Side] = set()
    if any(low is not None for low, _ in bounds):
        found.add("min")
    if any(high is not None for _, high in bounds):
        found.add("max")
    return found


def _only_side(about: Sequence[Rule], proposal: Proposal) -> Side:
    sides = {side for rule in about for side in _sides(rule)}
    if len(sides) != 1:
        state = "bounds it on both sides" if sides else "has no rule on it"
        below, above = (f"{proposal.signal}{sign}{proposal.value:g}" for sign in "<>")
        raise UsageError(
            f"--rule {proposal.text!r}: the recipe {state}; say {below} to drop below or {above} "
            "to drop above"
        )
    return sides.pop()


def _is_about(rule: Rule, language: str | None) -> bool:
    if language is None:
        return True
    if rule.languages is not None:
        return language in rule.languages
    return language not in (rule.except_languages or ())


def _with_bound(rule: Rule, side: Side, proposal: Proposal) -> Rule:
    """The rule with the value in place of each bound that it has on that side, or of one
    language's."""
    own = (
        Bounds(min=rule.min, max=rule.max) if rule.min is not None or rule.max is not None else None
    )
    by_language = dict(rule.by_language)
    fields = rule.model_dump(exclude_defaults=True)
    if proposal.language:
        by_language = {
            **by_language,
            proposal.language: _replaced(by_language.get(proposal.language, own), side, proposal),
        }
    else:
        if getattr(rule, side) is not None:
            fields[side] = proposal.value
        by_language = {
            code: _replaced(bounds, side, proposal) if getattr(bounds, side) is not None else bounds
            for code, bounds in by_language.items()
        }
    fields["by_language"] = {code: bounds.model_dump() for code, bounds in by_language.items()}
    return Rule.model_validate(fields)


def _replaced(bounds: Bounds | None, side: Side, proposal: Proposal) -> Bounds:
    fields = bounds.model_dump() if bounds else {}
    return Bounds.model_validate({**fields, side: proposal.value})


def tune(
    lake: Lake, recipe: Recipe, proposals: Sequence[Proposal], *, dataset: str | None = None
) -> Tuning:
    """Figures of every rule over silver, or over the documents that `dataset` has decided.

    Raises:
        UsageError: no such data set, or as `propose`.
    """
    proposed = propose(recipe, proposals)
    if dataset is not None:
        lake.require_dataset(dataset)
    began = time.perf_counter()
    documents = lake.frame("silver.documents")
    if dataset is not None:
        decided = lake.frame(f"gold.{dataset}_outcomes").select("doc_id")
        documents = documents.join(decided, on="doc_id", how="left_semi")
    figures = _figures(lake, with_url_reasons(documents, recipe.url), recipe, proposed)
    examples = tuple(
        found for proposal in proposals for found in _examples(lake, documents, proposed, proposal)
    )
    seconds = round(time.perf_counter() - began, 3)
    return Tuning(recipe.name, *figures, examples=examples, seconds=seconds)


def _figures(
    lake: Lake, documents: DataFrame, recipe: Recipe, proposed: Recipe
) -> tuple[int, int, int, tuple[RuleFigures, ...], dict[str, dict[str, int]]]:
    now, then = failing_predicates(recipe), failing_predicates(proposed)
    for reason in possible_reasons(recipe.url):
        now[reason] = then[reason] = f"ARRAY_CONTAINS(url_reasons, {literal(reason)})"
    now[_STATUS] = then[_STATUS] = "status <> 'ok'"
    reasons = list(dict.fromkeys([*now, *then]))
    # One bit for each predicate that there is, so that what does not change is evaluated once.
    bit = {text: i for i, text in enumerate(dict.fromkeys([*now.values(), *then.values()]))}
    sets = _failing_sets(lake, documents, list(bit))

    def failing(predicates: Mapping[str, str], bits: int) -> list[str]:
        return [r for r in reasons if r in predicates and bits >> bit[predicates[r]] & 1]

    counts: dict[str, Counter[str]] = {
        name: Counter() for name in ("now", "then", "one", "one then")
    }
    overlap: dict[str, dict[str, int]] = {reason: {} for reason in reasons}
    total = passing = passing_then = 0
    for bits, number in sets.items():
        total += number
        before, after = failing(now, bits), failing(then, bits)
        passing += 0 if before else number
        passing_then += 0 if after else number
        for failed, many, one in ((before, "now", "one"), (after, "then", "one then")):
            counts[many].update(dict.fromkeys(failed, number))
            if len(failed) == 1:
                counts[one][failed[0]] += number
        for a in after:
            for b in after:
                overlap[a][b] = overlap[a].get(b, 0) + number
    rules = tuple(
        RuleFigures(
            reason,
            describe(recipe.rules, reason),
            describe(proposed.rules, reason),
            counts["now"][reason],
            counts["one"][reason],
            counts["then"][reason],
            counts["one then"][reason],
        )
        for reason in reasons
    )
    return total, passing, passing_then, rules, overlap


def _failing_sets(lake: Lake, documents: DataFrame, predicates: Sequence[str]) -> dict[int, int]:
    """Documents by the set of predicates that hold, as bits in their order."""
    columns: list[str] = []
    for start in range(0, len(predicates), _BITS):
        bits = " | ".join(
            f"IF({predicate}, {1 << place}L, 0L)"
            for place, predicate in enumerate(predicates[start : start + _BITS])
        )
        columns.append(f"{bits} AS failing_{len(columns)}")
    rows = lake.sql(
        "tune/failing_sets", text={"bits": ",\n    ".join(columns)}, documents=documents
    ).collect()
    return {
        sum(row[f"failing_{i}"] << (i * _BITS) for i in range(len(columns))): row.documents
        for row in rows
    }


def _examples(
    lake: Lake, documents: DataFrame, proposed: Recipe, proposal: Proposal
) -> Iterable[Examples]:
    for rule in proposed.rules:
        if rule.signal != proposal.signal or not _is_about(rule, proposal.language):
            continue
        for side in sorted(_sides(rule)):
            if proposal.side not in (None, side):
                continue
            signal, limit = f"signals.{rule.signal}", bound(rule, side)
            assert limit is not None  # `_sides` says so
            about = documents
            if proposal.language:
                about = documents.where(documents.language == proposal.language)
            excess = f"{signal} - {limit}" if side == "max" else f"{limit} - {signal}"
            rows = lake.sql(
                "tune/nearest",
                text={"signal": signal, "bound": limit, "excess": excess},
                documents=about,
            ).collect()
            sides: dict[str, list[Mapping[str, object]]] = {"dropped": [], "kept": []}
            for row in rows:
                found = row.asDict()
                sides[found.pop("side")].append(found)
            yield Examples(proposal.text, side, tuple(sides["dropped"]), tuple(sides["kept"]))
