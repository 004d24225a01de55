"""What people see: progress and tables, on stderr; query results on stdout."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table
from rich.text import Text

if TYPE_CHECKING:
    from lakeprep.doctor import Finding
    from lakeprep.lake.books import Books
    from lakeprep.pipeline import Say, Summary

_err = Console(stderr=True, highlight=False, soft_wrap=True)


def progress() -> Say:
    """One line a stage when it ends; a spinner while it works, on a terminal."""
    status = _err.status("starting") if _err.is_terminal else None
    started = time.perf_counter()

    def say(stage: str, done: str) -> None:
        if status and not done:
            status.update(f"{stage} …")
            status.start()
        elif done:
            if status:
                status.stop()
            clock = f"{time.perf_counter() - started:6.1f} s"
            _err.print(Text.assemble((clock, "dim"), "  ", (f"{stage:<8}", "bold"), " ", done))

    return say


def show_summary(summary: Summary) -> None:
    """Stages and outcomes of a run."""
    if not summary.changed:
        _err.print(f"Nothing new: no file was read and no row added; release {summary.release}.")
        return
    stages = Table("stage", title=f"run {summary.run_id}, data set {summary.dataset}")
    for name in ("rows in", "rows out", "seconds"):
        stages.add_column(name, justify="right")
    for name, stage in summary.stages.items():
        stages.add_row(
            name, f"{stage['rows_in']:,}", f"{stage['rows_out']:,}", f"{stage['seconds']:.1f}"
        )
    _err.print(stages)
    if summary.outcomes:
        outcomes = Table("outcome or reason", title="documents")
        outcomes.add_column("documents", justify="right")
        for reason, documents in summary.outcomes.items():
            outcomes.add_row(Text(reason), f"{documents:,}")
        _err.print(outcomes)
    if summary.release:
        _err.print(f"release {summary.release}")
    if summary.report:
        _err.print(Text(f"report  {summary.report}"))


def show_books(books: Books, faults: Sequence[str]) -> None:
    """The sums, and what does not agree."""
    table = Table("books")
    table.add_column("rows", justify="right")
    for name, value in books.lake.items():
        table.add_row(name, f"{value:,}")
    for dataset, sums in books.datasets.items():
        for name, value in sums.items():
            table.add_row(f"{dataset}: {name}", f"{value:,}")
    _err.print(table)
    for fault in faults:
        _err.print(Text(f"fault: {fault}", style="red"))
    _err.print("The books do not balance." if faults else "The books balance.")


def show_rows(rows: Sequence[Mapping[str, object]]) -> None:
    """Rows of a query on stdout, as a table."""
    if not rows:
        _err.print("no rows")
        return
    table = Table(*rows[0])
    for row in rows:
        table.add_row(*(Text(_cell(value)) for value in row.values()))
    Console(soft_wrap=False).print(table)


def show_findings(findings: Sequence[Finding]) -> None:
    """What doctor found, one line each."""
    for finding in findings:
        mark = ("ok  ", "green") if finding.ok else ("fail", "red")
        _err.print(Text.assemble(mark, "  ", (f"{finding.name:<10}", "bold"), " ", finding.detail))


def _cell(value: object, limit: int = 200) -> str:
    """A value on one line, printable, cut at `limit` characters."""
    text = "".join(c if c.isprintable() else " " for c in str(value)[: limit + 1])
    return text if len(text) <= limit else f"{text[:limit]}…"
