"""The report of a run: one self-contained page, without scripts and without links.

URLs and domains on it come from the web. They are cut, stripped of what cannot be printed, and
escaped by the template; the page's own policy (CSP) forbids whatever might slip through.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from lakeprep import __version__
from lakeprep.errors import UsageError
from lakeprep.lake.catalog import Lake
from lakeprep.lake.runs import Run, StageResult
from lakeprep.report.figures import Count, Figures, collect
from lakeprep.resources import resource

#: Characters of a URL, and of a domain or any other word from the web, that are shown.
URL_CHARACTERS = 110
WORD_CHARACTERS = 60
#: Rows of a table; the rest is summed up in one more.
MOST_ROWS = 24
#: Reasons for which examples are shown.
MOST_REASONS = 8
_OUTCOMES = ("kept", "filtered", "duplicate", "withdrawn")


class Check(Protocol):
    """One expectation of a gate, as `lakeprep.publish.gates` reports it."""

    @property
    def name(self) -> str: ...
    @property
    def success(self) -> bool: ...
    @property
    def observed(self) -> str: ...
    @property
    def expected(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Sum:
    """One line of the books: both sides, and what they are called."""

    left: str
    left_count: int
    right: str
    right_count: int

    @property
    def difference(self) -> int:
        return self.left_count - self.right_count


@dataclass(frozen=True, slots=True)
class Segment:
    """A piece of the bar of outcomes; start and width in percent."""

    outcome: str
    count: int
    start: float
    width: float


def write_report(
    lake: Lake, run: Run, stages: Sequence[StageResult], checks: Sequence[Check], path: Path
) -> Path:
    """Write the report of `run` to `path`, as a whole or not at all.

    Where curate's branch is still there, because a gate has stopped the release, the report is of
    that branch. It shows URLs of dropped documents: whoever takes a page down deletes the reports
    that may name it.

    Raises:
        UsageError: `path` cannot be written.
    """
    page = render(run, collect(lake, run), stages, checks)
    temporary = path.with_name(f".{path.name}.tmp")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary.write_text(page, encoding="utf-8")
        temporary.replace(path)
    except OSError as error:
        raise UsageError(
            f"report {path}: cannot be written ({error.strerror or error}); give another path"
        ) from None
    return path


def render(
    run: Run, figures: Figures, stages: Sequence[StageResult], checks: Sequence[Check]
) -> str:
    """The page, as HTML. A pure function of its arguments."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined
    from markupsafe import Markup

    folder = resource("report")
    css = (folder / "page.css").read_text(encoding="utf-8")
    environment = Environment(
        loader=FileSystemLoader(folder),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(number=number, percent=percent, shown=shown, capped=capped)
    return environment.get_template("page.html.j2").render(
        run=run,
        code_version=__version__,
        figures=figures,
        stages=stages,
        checks=checks,
        css=Markup(css),  # noqa: S704 - our own file
        css_hash=base64.b64encode(hashlib.sha256(css.encode()).digest()).decode(),
        books=books(figures),
        decided=total(figures.outcomes),
        dropped=total(c for c in figures.outcomes if c.item != "kept"),
        segments=segments(figures.outcomes),
        grown=_has_grown(figures),
        examples=_examples(figures),
        url_characters=URL_CHARACTERS,
    )


def books(figures: Figures) -> tuple[Sum, ...]:
    """The sums that must agree, in the order of a page's way."""
    files = _by_item(figures.files)
    entered = sum(files.get(part, 0) for part in ("pages", "rejects", "repeats", "skipped"))
    documents, decided = total(figures.statuses), total(figures.outcomes)
    return (
        Sum(
            "records read",
            files.get("records", 0),
            "pages + rejects + repeats + skipped",
            entered,
        ),
        Sum("pages of the files", files.get("pages", 0), "pages stored", total(figures.pages)),
        Sum(
            "rejects of the files",
            files.get("rejects", 0),
            "rejects stored",
            total(figures.rejects),
        ),
        Sum("pages stored", total(figures.pages), "documents scored", documents),
        Sum("documents scored", documents, "documents decided", decided),
        Sum(
            "documents kept",
            _by_item(figures.outcomes).get("kept", 0),
            "rows of the data set",
            total(figures.languages),
        ),
    )


def segments(outcomes: Iterable[Count]) -> tuple[Segment, ...]:
    """The bar of outcomes, in the order kept, filtered, duplicate, withdrawn."""
    counts = _by_item(outcomes)
    whole = sum(counts.values())
    pieces = []
    start = 0.0
    for outcome in _OUTCOMES:
        if count := counts.get(outcome, 0):
            width = 100 * count / whole
            pieces.append(Segment(outcome, count, start, width))
            start += width
    return tuple(pieces)


def total(counts: Iterable[Count]) -> int:
    return sum(count.total for count in counts)


def number(value: int) -> str:
    return f"{value:,}"


def percent(part: int, whole: int) -> str:
    """A share with one decimal; a share that is not nothing never reads as 0."""
    if not whole:
        return ""
    share = 100 * part / whole
    return "< 0.1 %" if 0 < share < 0.05 else f"{share:.1f} %"


def shown(text: str, limit: int = WORD_CHARACTERS) -> str:
    """One bounded line: characters that cannot be printed (controls, bidirectional overrides)
    become U+FFFD, and what is too long ends in an ellipsis."""
    cut = text if len(text) <= limit else f"{text[: limit - 1]}…"
    return "".join(char if char.isprintable() else "\ufffd" for char in cut)


def capped(counts: Sequence[Count], most: int = MOST_ROWS) -> tuple[Count, ...]:
    """The first rows, and one that sums up the others, where there are more than `most`."""
    if len(counts) <= most:
        return tuple(counts)
    rest = counts[most - 1 :]
    others = Count(
        item=f"{len(rest)} others",
        total=total(rest),
        this_run=sum(count.this_run for count in rest),
        amount=sum(count.amount for count in rest),
    )
    return (*counts[: most - 1], others)


def _by_item(counts: Iterable[Count]) -> dict[str, int]:
    return {count.item: count.total for count in counts}


def _has_grown(figures: Figures) -> bool:
    """The tables hold more than this run's rows, so that both are worth a column."""
    return any(
        count.total != count.this_run
        for counts in (figures.files, figures.statuses, figures.outcomes, figures.rejects)
        for count in counts
    )


def _examples(figures: Figures) -> Mapping[str, Sequence[object]]:
    """Examples of the most frequent reasons of this run, most frequent first."""
    frequency = {count.item: count.this_run for count in figures.reasons}
    frequency |= {f"duplicate_{count.item}": count.this_run for count in figures.duplicates}
    order = sorted(figures.examples, key=lambda reason: (-frequency.get(reason, 0), reason))
    return {reason: figures.examples[reason] for reason in order[:MOST_REASONS]}
