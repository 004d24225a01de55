"""The main job and its stages, one after another over one lake.

What `lakeprep run` and every single-stage command share: the session, the lock, the run's id, the
recovery of dead runs, the log of stages, and the summary at the end.
"""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING

from lakeprep.errors import BooksUnbalanced, GateFailed, UsageError
from lakeprep.lake.lock import writer_lock
from lakeprep.recipe import Recipe
from lakeprep.session import prepare_lake, session, wake_workers

if TYPE_CHECKING:
    from lakeprep.lake.catalog import Lake
    from lakeprep.lake.runs import Run, StageResult
    from lakeprep.publish.gates import Check

#: Stages that begin with work of Python's workers.
_PYTHON_STAGES = frozenset({"ingest", "score", "rescore"})
_DATASET = re.compile(r"[a-z][a-z0-9_]{0,63}")

#: Called with a stage's name and what it is doing or has done.
Say = Callable[[str, str], None]


@dataclass(frozen=True, slots=True)
class Target:
    """Where a command works: an embedded lake, or the catalog of a properties file."""

    lake: Path | None
    conf: Path | None


@dataclass(frozen=True, slots=True)
class Job:
    """What a writing command is asked for. `dataset` None: the recipe's name."""

    target: Target
    recipe: Recipe
    dataset: str | None = None
    run_id: str | None = None
    logical_date: datetime | None = None
    inputs: Sequence[str] = ()
    report: Path | None = None


@dataclass(slots=True)
class Summary:
    """What `--json` prints."""

    run_id: str
    dataset: str
    changed: bool = False
    stages: dict[str, dict[str, object]] = field(default_factory=dict)
    books: dict[str, object] = field(default_factory=dict)
    outcomes: dict[str, int] = field(default_factory=dict)
    snapshots: dict[str, int] = field(default_factory=dict)
    release: str | None = None
    report: str | None = None


class Runner:
    """Stages of one run over an open lake."""

    def __init__(self, lake: Lake, job: Job, run: Run, say: Say) -> None:
        self.lake = lake
        self.job = job
        self.run = run
        self.say = say
        self.results: list[StageResult] = []
        self.checks: list[Check] = []

    def ingest(self) -> None:
        from lakeprep.ingest.stage import ingest

        self._stage("ingest", lambda: ingest(self.lake, self.run, self.job.recipe, self.job.inputs))

    def score(self) -> None:
        from lakeprep.score.stage import score

        self._stage("score", lambda: score(self.lake, self.run, self.job.recipe))

    def rescore(self) -> None:
        from lakeprep.score.stage import score

        self._stage("rescore", lambda: score(self.lake, self.run, self.job.recipe, everything=True))

    def curate(self, *, full: bool = False) -> None:
        from lakeprep.curate.stage import curate

        self._stage("curate", lambda: curate(self.lake, self.run, self.job.recipe, full=full))

    def publish(self) -> None:
        from lakeprep.publish.stage import publish

        def audited() -> StageResult:
            result, self.checks = publish(self.lake, self.run, self.job.recipe)
            return result

        self._stage("publish", audited)

    def _stage(self, name: str, work: Callable[[], StageResult]) -> None:
        from lakeprep.lake.runs import StageResult, record

        self.say(name, "")
        started_at, clock = datetime.now(timezone.utc), time.perf_counter()
        try:
            result = work()
        except Exception as error:
            failed = StageResult(name, seconds=time.perf_counter() - clock)
            record(self.lake, self.run, failed, started_at=started_at, error=str(error)[:2000])
            raise
        result.seconds = round(time.perf_counter() - clock, 3)
        if result.changed:
            record(self.lake, self.run, result, started_at=started_at)
        self.results.append(result)
        self.say(name, describe(result))

    def report(self, release: str | None, checks: Sequence[Check]) -> Path:
        """Write the page about this run; its path."""
        from lakeprep.report.page import write_report

        self.say("report", "")
        path = report_path(self.job, self.run.dataset, release)
        write_report(self.lake, self.run, self.results, checks, path)
        self.say("report", str(path))
        return path

    @property
    def changed(self) -> bool:
        """Whether any stage so far wrote something."""
        return any(result.changed for result in self.results)

    def summary(self) -> Summary:
        """The state of the lake after the stages; books are added up anew.

        Raises:
            BooksUnbalanced: they do not agree.
        """
        from lakeprep.lake.books import balance
        from lakeprep.publish.stage import latest_release

        books = balance(self.lake)
        if books.faults:
            raise BooksUnbalanced("the books do not balance: " + "; ".join(books.faults))
        dataset = self.run.dataset
        return Summary(
            run_id=self.run.run_id,
            dataset=dataset,
            changed=self.changed,
            stages={
                result.stage: {
                    "rows_in": result.rows_in,
                    "rows_out": result.rows_out,
                    "seconds": result.seconds,
                    "changed": result.changed,
                    **{k: v for k, v in result.detail.items() if k not in ("rows_in", "rows_out")},
                }
                for result in self.results
            },
            books={**books.lake, **books.datasets.get(dataset, {}), "balanced": True},
            outcomes=outcome_counts(self.lake, dataset),
            snapshots={
                table: head for table in self.lake.tables() if (head := self.lake.head(table))
            },
            release=latest_release(self.lake, dataset),
        )


def run_all(job: Job, say: Say) -> Summary:
    """The whole way: ingest, score, curate, publish, report."""
    with opened(job, say, "ingest", "score", "curate", "publish") as runner:
        runner.ingest()
        runner.score()
        if runner.changed:
            _preload_gates()
        runner.curate()
        try:
            runner.publish()
        except GateFailed as failure:
            report = runner.report(release=None, checks=failure.checks)
            raise GateFailed(f"{failure}; report: {report}") from None
        summary = runner.summary()
        report = report_path(job, summary.dataset, summary.release)
        if runner.changed or not report.exists():
            report = runner.report(summary.release, runner.checks)
        summary.report = str(report)
        return summary


def run_stage(job: Job, say: Say, stage: str, *, full: bool = False) -> Summary:
    """One stage alone."""
    with opened(job, say, stage) as runner:
        if stage == "curate":
            runner.curate(full=full)
        else:
            getattr(runner, stage)()
        return runner.summary()


@contextmanager
def opened(job: Job, say: Say, *stages: str) -> Iterator[Runner]:
    """A lake that is ours alone for these stages, with what dead runs left in it finished or
    undone."""
    if job.target.lake:
        prepare_lake(job.target.lake)
    with writer_lock(job.target.lake), open_lake(job.target, say) as lake:
        if not _PYTHON_STAGES.isdisjoint(stages):
            wake_workers(lake.spark)
        from lakeprep.lake.runs import Run, next_run_id

        dataset = job.dataset or job.recipe.name
        recover(lake, job, dataset, say)
        date = job.logical_date or datetime.now(timezone.utc).replace(
            hour=0, minute=0, second=0, microsecond=0
        )
        run_id = job.run_id or next_run_id(lake, date, stages[-1], dataset)
        run = Run(run_id, date, dataset, job.recipe.hash, job.recipe.score_hash)
        yield Runner(lake, job, run, say)


@contextmanager
def open_lake(target: Target, say: Say) -> Iterator[Lake]:
    """The lake with its fixed tables, over a session that ends with the block."""
    from lakeprep.lake.catalog import FIXED_TABLES, Lake

    say("spark", "")
    with session(lake=target.lake, conf=target.conf) as spark:
        lake = Lake(spark)
        lake.ensure(*FIXED_TABLES)
        say("spark", "started")
        yield lake


def recover(lake: Lake, job: Job, dataset: str, say: Say) -> None:
    """Roll forward what dead runs began to commit; drop what they did not."""
    from lakeprep.ingest import stage as ingest_stage
    from lakeprep.lake.staging import recover as recover_stage
    from lakeprep.publish import stage as publish_stage
    from lakeprep.score import stage as score_stage

    finished = []
    for stage, tables in (
        (ingest_stage.STAGE, ingest_stage.TABLES),
        (score_stage.STAGE, score_stage.TABLES),
    ):
        alone = job.target.lake is not None  # by `writer_lock`
        runs = recover_stage(lake, stage, tables, alone=alone)
        finished += [f"{stage} {run}" for run in runs]
    finished += [f"publish {run}" for run in publish_stage.recover(lake, dataset, job.recipe)]
    if finished:
        say("recover", f"finished what a dead run had begun: {', '.join(finished)}")


def outcome_counts(lake: Lake, dataset: str) -> dict[str, int]:
    """Documents by reason: `kept`, `duplicate_<kind>`, and every rule that failed (a document may
    have failed several)."""
    from lakeprep.lake.catalog import dataset_tables

    outcomes = dataset_tables(dataset)[0]
    if not lake.exists(outcomes):
        return {}
    rows = lake.sql("stages/outcome_counts", outcomes=lake.frame(outcomes)).collect()
    return {row.reason: row.documents for row in rows}


def report_path(job: Job, dataset: str, release: str | None) -> Path:
    """Where the report on a release goes: `--report`, else inside the lake, else here."""
    if job.report:
        return job.report
    folder = job.target.lake.resolve() / "reports" if job.target.lake else Path.cwd()
    return folder / f"{dataset}_{release or 'unreleased'}.html"


def describe(result: StageResult) -> str:
    """One line about what a stage did."""
    if not result.changed:
        return "nothing new"
    parts = [f"{result.rows_in:,} in", f"{result.rows_out:,} out"]
    parts += [f"{value:,} {name}" for name, value in _shown(result.detail).items() if value]
    return f"{', '.join(parts)} ({result.seconds:.1f} s)"


def _shown(detail: Mapping[str, int]) -> dict[str, int]:
    names = ("files", "rejects", "repeats", "skipped", "filtered", "duplicate", "revised")
    return {name: detail[name] for name in names if name in detail}


def _preload_gates() -> None:
    """Great Expectations takes seconds to import; let it while Spark works."""

    def load() -> None:
        import great_expectations  # noqa: F401

    threading.Thread(target=load, daemon=True).start()


def write_latest_report(job: Job, say: Say) -> Path:
    """A report about the lake as it stands, without a run."""
    from lakeprep.lake.runs import Run
    from lakeprep.publish.stage import latest_release
    from lakeprep.report.page import write_report

    dataset = job.dataset or job.recipe.name
    with open_lake(job.target, say) as lake:
        release = latest_release(lake, dataset)
        if release is None:
            raise UsageError(f"data set {dataset} has no release yet; data sets: {lake.datasets()}")
        run = Run(
            release.removeprefix("release_"),
            datetime.now(timezone.utc),
            dataset,
            job.recipe.hash,
            job.recipe.score_hash,
        )
        return write_report(lake, run, [], [], report_path(job, dataset, release))


def check_dataset(name: str) -> str:
    """`name`, which becomes two table names.

    Raises:
        UsageError: other characters than lower-case letters, digits and `_`, or `_outcomes` or
            `_passages` at the end.
    """
    if not _DATASET.fullmatch(name) or name.endswith(("_outcomes", "_passages")):
        raise UsageError(
            f"--dataset {name!r}: lower-case letters, digits and '_', beginning with a letter, "
            "at most 64, not ending in _outcomes or _passages"
        )
    return name


def parse_date(text: str) -> datetime:
    """A logical date, `YYYY-MM-DD` or with a time; UTC unless it says otherwise."""
    try:
        date = datetime.fromisoformat(text)
    except ValueError:
        raise UsageError(f"--date {text!r}: expected YYYY-MM-DD") from None
    return date if date.tzinfo else date.replace(tzinfo=timezone.utc)
