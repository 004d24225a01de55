"""What people see: progress and tables, on stderr; query results on stdout."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table
from rich.text import Text

if TYPE_CHECKING:
    from lakeprep.curate.describe import RuleRow
    from lakeprep.curate.tune import Tuning
    from lakeprep.doctor import Finding
    from lakeprep.explain import Capture, Decision, Explanation, Other
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


def show_rules(recipe: str, rows: Sequence[RuleRow]) -> None:
    """The bounds of a recipe on stdout: a document fails below or above."""
    table = Table(title=f"recipe {recipe}")
    table.add_column("rule", no_wrap=True)
    table.add_column("below", justify="right", no_wrap=True)
    table.add_column("above", justify="right", no_wrap=True)
    table.add_column("languages")
    table.add_column("source", overflow="fold")
    for row in rows:
        languages = ", ".join(row.languages)
        if row.except_languages:
            languages = f"not {', '.join(row.except_languages)}"
        rule = row.reason if row.reason == row.signal else f"{row.reason}\n({row.signal})"
        bounds = ("" if bound is None else f"{bound:g}" for bound in (row.min, row.max))
        table.add_row(rule, *bounds, languages, Text(row.source))
    Console(soft_wrap=False).print(table)


def show_tuning(tuning: Tuning) -> None:
    """What each rule drops, what rules have in common, and examples."""
    documents = max(tuning.documents, 1)
    figures = Table("rule", "threshold", title=f"recipe {tuning.recipe}: documents removed")
    for name in ("removed", "only by it", "proposed", "removed", "only by it"):
        figures.add_column(name, justify="left" if name == "proposed" else "right")
    for rule in tuning.rules:
        changed = rule.current != rule.proposed
        then = (f"{rule.removed_proposed:,}", f"{rule.only_proposed:,}")
        same = (rule.removed, rule.only) == (rule.removed_proposed, rule.only_proposed)
        figures.add_row(
            rule.reason,
            rule.current,
            f"{rule.removed:,} ({rule.removed / documents:.2%})",
            f"{rule.only:,}",
            rule.proposed if changed else "",
            *(("", "") if same and not changed else then),
        )
    _err.print(figures)
    shown = [rule.reason for rule in tuning.rules if tuning.overlap.get(rule.reason)]
    if len(shown) > 1:
        overlap = Table("", title="documents that fail both, as proposed")
        for number in range(1, len(shown) + 1):
            overlap.add_column(str(number), justify="right")
        for number, reason in enumerate(shown, 1):
            row = tuning.overlap[reason]
            cells = (f"{row[other]:,}" if row.get(other) else "" for other in shown)
            overlap.add_row(f"{number} {reason}", *cells)
        _err.print(overlap)
    for example in tuning.examples:
        for side, found in (("dropped", example.dropped), ("kept", example.kept)):
            table = Table(example.side, "value", "language", "URL")
            table.title = Text(f"{example.rule}: nearest to it, {side}")
            for one in found:
                values = (f"{one[name]:.4g}" for name in ("bound", "signal_value"))
                table.add_row(*values, str(one["language"] or ""), Text(_cell(one["url"])))
            _err.print(table)
    _err.print(
        f"{tuning.documents:,} documents: {tuning.passing:,} pass every rule, "
        f"{tuning.passing_proposed:,} as proposed ({tuning.seconds:.1f} s)"
    )


def show_explanation(found: Explanation) -> None:
    """What is known of a page, on stdout; whatever comes from the web made harmless."""
    lines: list[str] = []
    for capture in found.captures:
        lines += ["", f"document {capture.doc_id}", *_page_lines(capture)]
        for decision in capture.decisions:
            lines += ["", *_decision_lines(decision)]
    for reject in found.rejects:
        lines += ["", "rejected record"]
        lines += [f"  {name:<14} {value}" for name, value in reject.items() if value is not None]
    if found.found > len(found.captures) > 0:
        lines.append(f"the newest {len(found.captures)} of {found.found:,} captures")
    lines += [f"note: {note}" for note in found.notes]
    out = Console(highlight=False, soft_wrap=True)
    for line in lines:
        out.print(Text(_printable(line)))


def _page_lines(capture: Capture) -> list[str]:
    source = capture.source
    facts = {
        "url": capture.url,
        "title": capture.title,
        "fetched at": capture.fetched_at,
        "read from": f"{source['source_path']} at {source['source_offset']:,}, "
        f"{source['source_length']:,} bytes",
        "record id": source["record_id"],
        "read by run": source.get("run_id"),
        "status": capture.status or "not scored yet; `lakeprep score` does it",
        "language": capture.language and f"{capture.language} ({capture.language_score:.3f})",
        "script": capture.script,
    }
    lines = [f"  {name:<12} {value}" for name, value in facts.items() if value is not None]
    values = [(name, value) for name, value in capture.signals.items() if value is not None]
    for start in range(0, len(values), 3):
        cells = (f"{name:<24} {value:<10.4g}" for name, value in values[start : start + 3])
        lines.append(f"  {'signals' if not start else '':<12} {' '.join(cells)}".rstrip())
    if capture.text is not None:
        lines += ["  text", *(f"    {line}" for line in capture.text.split("\n"))]
    return lines


def _decision_lines(decision: Decision) -> list[str]:
    lines = [f"  data set {decision.dataset}: {decision.outcome} (run {decision.run_id})"]
    for failure in decision.failures:
        signal = f" ({failure.signal})" if failure.signal not in (None, failure.reason) else ""
        value = f"{failure.value:.6g}" if isinstance(failure.value, float) else failure.value
        found = ", ".join(part for part in (value, failure.bounds) if part)
        source = f" [{failure.source}]" if failure.source else ""
        lines.append(f"    fails {failure.reason}{signal}{found and ': '}{found}{source}")
    if decision.duplicate_of:
        lines.append(f"    {decision.duplicate_kind} duplicate of {_named(decision.duplicate_of)}")
        figures = {"similarity": decision.similarity, "containment": decision.containment}
        lines += [f"    {name} {value:.4f}" for name, value in figures.items() if value is not None]
    if decision.cluster_documents > 1:
        lines.append(f"    cluster {decision.cluster_id}: {decision.cluster_documents:,} documents")
        lines += [f"      {_named(one)}" for one in decision.cluster]
    if decision.dropped:
        lines.append(f"    {decision.dropped:,} dropped in favour of it")
        lines += [f"      {_named(one)}" for one in decision.dropped_for]
    lines.append(f"    in releases: {', '.join(decision.releases) or 'none'}")
    return lines


def _named(other: Other) -> str:
    kind = f"{other.duplicate_kind} {other.outcome}" if other.duplicate_kind else other.outcome
    figure = f" {other.similarity:.4f}" if other.similarity is not None else ""
    return f"{other.doc_id} ({kind}{figure}) {other.url or ''}"


def show_findings(findings: Sequence[Finding]) -> None:
    """What doctor found, one line each."""
    for finding in findings:
        mark = ("ok  ", "green") if finding.ok else ("fail", "red")
        _err.print(Text.assemble(mark, "  ", (f"{finding.name:<10}", "bold"), " ", finding.detail))


def _cell(value: object, limit: int = 200) -> str:
    """A value on one line, printable, cut at `limit` characters."""
    text = _printable(str(value)[: limit + 1])
    return text if len(text) <= limit else f"{text[:limit]}…"


def _printable(text: str) -> str:
    """`text` without control characters, line ends, and what turns the direction of writing."""
    return "".join(c if c.isprintable() else " " for c in text)
