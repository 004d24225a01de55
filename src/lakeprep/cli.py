"""The command `lakeprep`. Heavy imports happen inside the commands: `--help` is instant.

Results go to stdout (`--json`: one object), progress and messages to stderr. Every option can also
be given as an environment variable, `LAKEPREP_` and its name.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Sequence
from dataclasses import asdict, is_dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal, NoReturn

import typer

from lakeprep import __version__
from lakeprep.errors import LakeBusy, LakeprepError, UsageError

if TYPE_CHECKING:
    from lakeprep.pipeline import Job, Say, Summary, Target

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

    job = _job(lake, conf, recipe, inputs, dataset, run_id, date, report)
    _finish(run_all(job, _progress()), as_json)


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
    _run_stage("ingest", _job(lake, conf, recipe, inputs, None, run_id, date), as_json)


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
    _run_stage("score", _job(lake, conf, recipe, (), None, run_id, date), as_json)


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
    _run_stage("rescore", _job(lake, conf, recipe, (), None, run_id, date), as_json)


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
    job = _job(lake, conf, recipe, (), dataset, run_id, date)
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
    _run_stage("publish", _job(lake, conf, recipe, (), dataset, run_id, date), as_json)


@app.command()
def audit(lake: LakeOption = None, conf: ConfOption = None, as_json: JsonOption = False) -> None:
    """Check that the books balance (exit 4 if not) and that every snapshot names its run."""
    from lakeprep.lake.books import balance, unexplained_snapshots
    from lakeprep.pipeline import open_lake

    with open_lake(_target(lake, conf, must_exist=True), _progress()) as opened:
        books = balance(opened)
        faults = [*books.faults, *unexplained_snapshots(opened)]
    result = {
        "balanced": not faults,
        "faults": faults,
        "lake": books.lake,
        "datasets": books.datasets,
    }
    if as_json:
        _print_json(result)
    else:
        from lakeprep.console import show_books

        show_books(books, faults)
    raise typer.Exit(4 if faults else 0)


@app.command()
def tables(lake: LakeOption = None, conf: ConfOption = None, as_json: JsonOption = False) -> None:
    """The tables, their rows, snapshots and releases."""
    from lakeprep.pipeline import open_lake

    with open_lake(_target(lake, conf, must_exist=True), _progress()) as opened:
        rows = []
        for name in opened.tables():
            refs = opened.refs(name)
            rows.append(
                {
                    "table": name,
                    "rows": opened.frame(name).count(),
                    "snapshot": refs.get("main"),
                    "releases": sorted(ref for ref in refs if ref.startswith("release_")),
                }
            )
    if as_json:
        _print_json({"tables": rows})
    else:
        from lakeprep.console import show_rows

        show_rows(rows)


@app.command()
def sql(
    query: Annotated[str, typer.Argument(metavar="QUERY", help="Catalog `lake`: bronze.pages…")],
    lake: LakeOption = None,
    conf: ConfOption = None,
    limit: Annotated[
        int, typer.Option("--limit", envvar="LAKEPREP_LIMIT", min=1, help="Rows shown.")
    ] = 100,
    as_json: JsonOption = False,
) -> None:
    """Run a query; table names may leave out the catalog: `SELECT * FROM gold.web`. The functions
    lp_language, lp_signals, ... of docs/sql.md are there."""
    from pyspark.errors import AnalysisException

    from lakeprep.pipeline import open_lake

    with open_lake(_target(lake, conf, must_exist=True), _progress()) as opened:
        if "lp_" in query.lower():
            from lakeprep.udfs import register

            register(opened.spark)
        try:
            answer = opened.query(query).limit(limit).collect()
        except AnalysisException as error:  # syntax, names and types alike
            raise UsageError(f"the query does not hold: {str(error).splitlines()[0]}") from None
        rows = [row.asDict(recursive=True) for row in answer]
    if as_json:
        _print_json({"rows": rows})
    else:
        from lakeprep.console import show_rows

        show_rows(rows)


@app.command()
def rules(
    recipe: Recipe = "web",
    language: Annotated[
        str | None,
        typer.Option("--language", envvar="LAKEPREP_LANGUAGE", help="Only what holds for it."),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """The thresholds of a recipe, and where each number comes from."""
    from lakeprep.curate.describe import rule_rows
    from lakeprep.recipe import load_recipe

    loaded = load_recipe(recipe)
    rows = rule_rows(loaded, language)
    if as_json:
        _print_json({"recipe": loaded.name, "hash": loaded.hash, "rules": rows})
    else:
        from lakeprep.console import show_rules

        show_rules(loaded.name, rows)


@app.command()
def tune(
    recipe: Recipe = "web",
    lake: LakeOption = None,
    conf: ConfOption = None,
    dataset: Annotated[
        str | None,
        typer.Option(
            "--dataset", envvar="LAKEPREP_DATASET", help="Only documents that it has decided."
        ),
    ] = None,
    rule: Annotated[
        list[str] | None,
        typer.Option("--rule", metavar="SIGNAL=VALUE", help="A threshold to try; also < and >."),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """What if: documents that each rule drops, now and with other thresholds. Scores nothing."""
    from lakeprep.curate.tune import Proposal, propose
    from lakeprep.curate.tune import tune as tune_rules
    from lakeprep.pipeline import check_dataset, open_lake
    from lakeprep.recipe import load_recipe

    loaded = load_recipe(recipe)
    proposals = [Proposal.parse(text) for text in rule or ()]
    propose(loaded, proposals)  # refuses what cannot be meant before Spark starts
    target = _target(lake, conf, must_exist=True)
    if dataset is not None:
        check_dataset(dataset)
    with open_lake(target, _progress()) as opened:
        tuning = tune_rules(opened, loaded, proposals, dataset=dataset)
    from lakeprep.console import show_tuning

    show_tuning(tuning)
    if as_json:
        _print_json(asdict(tuning))


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
    as_json: JsonOption = False,
) -> None:
    """A release as Parquet or JSON-lines shards with a manifest."""
    from lakeprep.export.stage import export as export_release
    from lakeprep.pipeline import open_lake

    say = _progress()
    with open_lake(_target(lake, conf, must_exist=True), say) as opened:
        say("export", "")
        summary = export_release(opened, dataset, tag=tag, to=to, format=format)
        say("export", f"{summary.rows:,} documents in {len(summary.files)} files")
    if as_json:
        _print_json(asdict(summary))


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

    job = _job(lake, conf, recipe, (), dataset, None, None, to)
    path = write_latest_report(job, _progress())
    if as_json:
        _print_json({"report": str(path)})


@app.command()
def demo(
    directory: Annotated[Path, typer.Argument(metavar="DIR", help="Where to write the crawl.")],
    as_json: JsonOption = False,
) -> None:
    """Write the demo crawl: WARC files in many languages, with planted truth beside them."""
    from lakeprep.demo import write_demo

    summary = write_demo(directory)
    if as_json:
        _print_json(asdict(summary))
    else:
        _say_line(f"{summary.records:,} records in {len(summary.files)} files under {directory}")


@app.command()
def doctor(lake: LakeOption = None, conf: ConfOption = None, as_json: JsonOption = False) -> None:
    """What works and what to do: Java, jars, catalog, storage, kernels."""
    from lakeprep.doctor import examine

    findings = examine(lake, conf)
    if as_json:
        _print_json({"healthy": all(f.ok for f in findings), "findings": findings})
    else:
        from lakeprep.console import show_findings

        show_findings(findings)
    raise typer.Exit(0 if all(finding.ok for finding in findings) else 2)


@app.command()
def jars(
    features: Annotated[
        list[str] | None,
        typer.Argument(metavar="[FEATURE...]", help="base (the default), s3, postgresql."),
    ] = None,
) -> None:
    """Fetch the Iceberg and catalog jars once, through Spark's own resolver."""
    from lakeprep.jars import fetch, jar_directory

    fetch(features or ("base",))
    _say_line(f"jars are in {jar_directory()}")


@app.command()
def warm(
    to: Annotated[
        Path | None,
        typer.Option("--to", envvar="LAKEPREP_TO", help="Only the kernels, into a folder to ship."),
    ] = None,
) -> None:
    """Do once what every start would do: compile the kernels, archive the JVM's classes."""
    from lakeprep import class_archive, kernels

    if to is not None:
        _say_line(f"kernels for this CPU are in {to} ({kernels.ship(to):.1f} s)")
        return
    _say_line(f"kernels are ready ({kernels.warm():.1f} s)")
    _say_line(f"classes are in {class_archive.make()}")


lists = typer.Typer(help="Lists of URLs for a recipe's section `url`.", no_args_is_help=True)
app.add_typer(lists, name="lists")


@lists.command("import")
def import_lists(
    sources: Annotated[
        list[str],
        typer.Argument(metavar="SRC...", help="Plain or .gz lists, UT1 folders or tar archives."),
    ],
    to: Annotated[Path, typer.Option("--to", envvar="LAKEPREP_TO", help="The list file to write.")],
    category: Annotated[
        list[str] | None,
        typer.Option("--category", envvar="LAKEPREP_CATEGORY", help="Only this UT1 category."),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Lists of domains and URLs into one compact file that loads at once."""
    from lakeprep.lists.compiled import gather, write

    gathered = gather(sources, categories=frozenset(category or ()))
    counts = write(gathered, to)
    for note in gathered.notes:
        _say_line(f"note: {note}")
    _say_line(f"{', '.join(f'{n:,} {kind}' for kind, n in counts.items())} in {to}")
    if as_json:
        _print_json({"file": str(to), "entries": counts, "notes": gathered.notes})


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Entry point: runs the command and turns every error into a message and an exit code."""
    try:
        code = app(args=arguments, standalone_mode=False)
    except LakeprepError as error:
        _say_line(f"error: {error}")
        code = error.exit_code
    except (KeyboardInterrupt, typer.Abort):
        _say_line("interrupted")
        code = 130
    except Exception as error:
        code = _unexpected(error)
    sys.stdout.flush()
    sys.exit(code if isinstance(code, int) else 0)


def job(stage: str) -> NoReturn:
    """Entry point of `jobs/*.py`: the command `stage` with this process's arguments."""
    main([stage, *sys.argv[1:]])


def _unexpected(error: Exception) -> int:
    show, exit_code = getattr(error, "show", None), getattr(error, "exit_code", None)
    if callable(show) and isinstance(exit_code, int):  # bad usage, as Typer's own click says it
        show()
        return exit_code
    text = str(error)
    if "SQLITE_BUSY" in text or "database is locked" in text:
        busy = LakeBusy(
            "the catalog is locked by another process; wait for it to end, or stop it, and run "
            "again: what this run had begun will be finished or undone then"
        )
        _say_line(f"error: {busy}")
        return busy.exit_code
    import traceback

    for line in "".join(traceback.format_exception(error)).splitlines():
        if not line.startswith("\tat ") and not line.lstrip().startswith("at "):  # the JVM's frames
            _say_line(line)
    _say_line(f"This is a bug in lakeprep {__version__}, or something it should have foreseen.")
    return 1


def _target(lake: Path | None, conf: Path | None, *, must_exist: bool = False) -> Target:
    from lakeprep.pipeline import Target

    if lake is None and conf is None and "PYSPARK_GATEWAY_PORT" not in os.environ:
        raise UsageError("where is the lake? Give --lake DIR, or --conf FILE for another catalog")
    if must_exist and lake is not None and not (lake / "catalog.db").is_file():
        raise UsageError(f"--lake {lake}: there is no lake in this folder (no catalog.db)")
    return Target(lake, conf)


def _job(
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

    target = _target(lake, conf)
    loaded = load_recipe(recipe)
    if loaded.url.has_files:
        for note in loaded.url.compiled.notes:
            _say_line(f"note: {note}")
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

    _finish(run_stage(job, _progress(), stage, full=full), as_json)


def _finish(summary: Summary, as_json: bool) -> None:
    from lakeprep.console import show_summary

    show_summary(summary)
    if as_json:  # last: spark-submit mixes a driver's stdout and stderr
        _print_json(asdict(summary))


def _progress() -> Say:
    from lakeprep.console import progress

    return progress()


def _print_json(value: object) -> None:
    def plain(item: object) -> object:
        if is_dataclass(item) and not isinstance(item, type):
            return asdict(item)
        return item.hex() if isinstance(item, (bytes, bytearray)) else str(item)

    print(json.dumps(value, default=plain, ensure_ascii=False))


def _say_line(text: str) -> None:
    print(text, file=sys.stderr)


if __name__ == "__main__":
    main()
