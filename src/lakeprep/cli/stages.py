"""Commands that write: the whole way and its stages."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from lakeprep.cli.common import (
    ConfOption,
    DatasetOption,
    DateOption,
    Inputs,
    JsonOption,
    LakeOption,
    Recipe,
    RunIdOption,
    app,
    job_of,
    print_json,
    progress,
    target_of,
)
from lakeprep.errors import UsageError

if TYPE_CHECKING:
    from lakeprep.pipeline import Job, Summary


@app.command()
def run(
    recipe: Recipe,
    inputs: Inputs,
    lake: LakeOption = None,
    conf: ConfOption = None,
    dataset: DatasetOption = None,
    run_id: RunIdOption = None,
    date: DateOption = None,
    report: Annotated[
        Path | None, typer.Option("--report", envvar="LAKEPREP_REPORT", help="The report's path.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """The whole way: ingest, score, curate, publish, report."""
    from lakeprep.pipeline import run_all

    job = job_of(lake, conf, recipe, inputs, dataset, run_id, date, report)
    _finish(run_all(job, progress()), as_json)


@app.command()
def ingest(
    inputs: Inputs,
    lake: LakeOption = None,
    conf: ConfOption = None,
    run_id: RunIdOption = None,
    date: DateOption = None,
    as_json: JsonOption = False,
) -> None:
    """Files into bronze. A recipe may stand before the inputs; else it is `web`."""
    recipe, inputs = _split_recipe(inputs)
    _run_stage("ingest", job_of(lake, conf, recipe, inputs, None, run_id, date), as_json)


@app.command()
def score(
    recipe: Recipe = "web",
    lake: LakeOption = None,
    conf: ConfOption = None,
    run_id: RunIdOption = None,
    date: DateOption = None,
    as_json: JsonOption = False,
) -> None:
    """New pages of bronze into silver: text and signals."""
    _run_stage("score", job_of(lake, conf, recipe, (), None, run_id, date), as_json)


@app.command()
def rescore(
    recipe: Recipe = "web",
    lake: LakeOption = None,
    conf: ConfOption = None,
    run_id: RunIdOption = None,
    date: DateOption = None,
    as_json: JsonOption = False,
) -> None:
    """Score every page anew, after a change of the recipe's `score` section."""
    _run_stage("rescore", job_of(lake, conf, recipe, (), None, run_id, date), as_json)


@app.command()
def curate(
    recipe: Recipe = "web",
    lake: LakeOption = None,
    conf: ConfOption = None,
    dataset: DatasetOption = None,
    run_id: RunIdOption = None,
    date: DateOption = None,
    full: Annotated[
        bool,
        typer.Option("--full", envvar="LAKEPREP_FULL", help="Decide every document anew."),
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Decide new documents of silver, on a branch of the data set."""
    job = job_of(lake, conf, recipe, (), dataset, run_id, date)
    _run_stage("curate", job, as_json, full=full)


@app.command()
def publish(
    recipe: Recipe = "web",
    lake: LakeOption = None,
    conf: ConfOption = None,
    dataset: DatasetOption = None,
    run_id: RunIdOption = None,
    date: DateOption = None,
    as_json: JsonOption = False,
) -> None:
    """Audit the curated branch, then release it, or nothing (exit 3)."""
    _run_stage("publish", job_of(lake, conf, recipe, (), dataset, run_id, date), as_json)


@app.command()
def export(
    dataset: Annotated[str, typer.Argument(metavar="DATASET", help="Name of the data set.")],
    to: Annotated[
        str, typer.Option("--to", envvar="LAKEPREP_TO", help="Folder or s3:// URL to write to.")
    ],
    lake: LakeOption = None,
    conf: ConfOption = None,
    tag: Annotated[
        str | None,
        typer.Option("--tag", envvar="LAKEPREP_TAG", help="Release; else the newest."),
    ] = None,
    format: Annotated[
        Literal["parquet", "jsonl"], typer.Option("--format", envvar="LAKEPREP_FORMAT")
    ] = "parquet",
    upweight: Annotated[
        str | None,
        typer.Option(
            "--upweight",
            envvar="LAKEPREP_UPWEIGHT",
            metavar="fineweb2|SIZE:TIMES,...",
            help="Repeat documents by how many copies the crawl had of them.",
        ),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """A release as Parquet or JSON-lines shards with a manifest."""
    from lakeprep.export.stage import export as export_release
    from lakeprep.export.upweight import parse_weights
    from lakeprep.pipeline import open_lake

    weights = parse_weights(upweight) if upweight else None
    say = progress()
    with open_lake(target_of(lake, conf, must_exist=True), say) as opened:
        say("export", "")
        summary = export_release(opened, dataset, tag=tag, to=to, format=format, upweight=weights)
        say("export", f"{summary.rows:,} documents in {len(summary.files)} files")
    if as_json:
        print_json(asdict(summary))


@app.command()
def report(
    recipe: Recipe = "web",
    lake: LakeOption = None,
    conf: ConfOption = None,
    dataset: DatasetOption = None,
    to: Annotated[
        Path, typer.Option("--to", envvar="LAKEPREP_TO", help="The report's path.")
    ] = Path("lakeprep-report.html"),
    as_json: JsonOption = False,
) -> None:
    """A page about the lake and a data set as they stand."""
    from lakeprep.pipeline import write_latest_report

    job = job_of(lake, conf, recipe, (), dataset, None, None, to)
    path = write_latest_report(job, progress())
    if as_json:
        print_json({"report": str(path)})


def _split_recipe(inputs: Sequence[str]) -> tuple[str, list[str]]:
    from lakeprep.recipe import shipped_recipes

    first = inputs[0]
    if first in shipped_recipes() or first.endswith((".yaml", ".yml")):
        if len(inputs) == 1:
            raise UsageError(f"recipe {first}, but no input: name the files to read after it")
        return first, list(inputs[1:])
    return "web", list(inputs)


def _run_stage(stage: str, job: Job, as_json: bool, *, full: bool = False) -> None:
    from lakeprep.pipeline import run_stage

    _finish(run_stage(job, progress(), stage, full=full), as_json)


def _finish(summary: Summary, as_json: bool) -> None:
    from lakeprep.console import show_summary

    show_summary(summary)
    if as_json:  # last: spark-submit mixes a driver's stdout and stderr
        print_json(asdict(summary))
