"""What the commands share: the app, options, and how a job and its target are made of them."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Sequence
from dataclasses import asdict, is_dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from lakeprep import __version__
from lakeprep.errors import UsageError

if TYPE_CHECKING:
    from lakeprep.pipeline import Job, Say, Target

app = typer.Typer(
    name="lakeprep",
    help="Crawled web pages into clean, deduplicated, de-identified training text.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


def _version(asked: bool) -> None:
    if asked:
        print(__version__)
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Crawled web pages into clean, deduplicated, de-identified training text."""


Recipe = Annotated[
    str, typer.Argument(metavar="RECIPE", help="A shipped recipe's name or a .yaml file.")
]
Inputs = Annotated[
    list[str],
    typer.Argument(metavar="INPUT...", help="Files, folders, globs, s3:// URLs, @manifests."),
]
LakeOption = Annotated[
    Path | None,
    typer.Option("--lake", envvar="LAKEPREP_LAKE", help="Folder of an embedded lake."),
]
ConfOption = Annotated[
    Path | None,
    typer.Option("--conf", envvar="LAKEPREP_CONF", help="Spark properties file with a catalog."),
]
DatasetOption = Annotated[
    str | None,
    typer.Option(
        "--dataset", envvar="LAKEPREP_DATASET", help="Name of the data set; else the recipe's."
    ),
]
RunIdOption = Annotated[
    str | None,
    typer.Option("--run-id", envvar="LAKEPREP_RUN_ID", help="The run's id; else <date>-<n>."),
]
DateOption = Annotated[
    str | None,
    typer.Option("--date", envvar="LAKEPREP_DATE", help="Logical date, YYYY-MM-DD; else today."),
]
JsonOption = Annotated[
    bool, typer.Option("--json", envvar="LAKEPREP_JSON", help="Print one JSON object on stdout.")
]


def target_of(lake: Path | None, conf: Path | None, *, must_exist: bool = False) -> Target:
    from lakeprep.pipeline import Target

    if lake is None and conf is None and "PYSPARK_GATEWAY_PORT" not in os.environ:
        raise UsageError("where is the lake? Give --lake DIR, or --conf FILE for another catalog")
    if must_exist and lake is not None and not (lake / "catalog.db").is_file():
        raise UsageError(f"--lake {lake}: there is no lake in this folder (no catalog.db)")
    return Target(lake, conf)


def job_of(
    lake: Path | None,
    conf: Path | None,
    recipe: str,
    inputs: Sequence[str],
    dataset: str | None,
    run_id: str | None,
    date: str | None,
    report: Path | None = None,
) -> Job:
    """The job, with everything checked that can be before Spark starts."""
    from lakeprep.lake.runs import check_run_id
    from lakeprep.pipeline import Job, check_dataset, parse_date
    from lakeprep.recipe import load_recipe

    target = target_of(lake, conf)
    loaded = load_recipe(recipe)
    if loaded.url.has_files:
        for note in loaded.url.compiled.notes:
            say_line(f"note: {note}")
    job = Job(
        target=target,
        recipe=loaded,
        dataset=check_dataset(dataset or loaded.name),
        run_id=check_run_id(run_id) if run_id else None,
        logical_date=parse_date(date) if date else None,
        inputs=tuple(inputs),
        report=report,
    )
    if inputs:
        from lakeprep.ingest.inputs import list_inputs

        list_inputs(inputs)
    return job


def progress() -> Say:
    from lakeprep.console import progress

    return progress()


def print_json(value: object) -> None:
    def plain(item: object) -> object:
        if is_dataclass(item) and not isinstance(item, type):
            return asdict(item)
        return item.hex() if isinstance(item, (bytes, bytearray)) else str(item)

    print(json.dumps(value, default=plain, ensure_ascii=False))


def say_line(text: str) -> None:
    print(text, file=sys.stderr)
