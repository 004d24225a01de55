"""Commands that prepare: the demo crawl, jars, kernels, lists."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from lakeprep.cli.common import JsonOption, app, print_json, say_line


@app.command()
def demo(
    directory: Annotated[Path, typer.Argument(metavar="DIR", help="Where to write the crawl.")],
    as_json: JsonOption = False,
) -> None:
    """Write the demo crawl: WARC files in many languages, with planted truth beside them."""
    from lakeprep.demo import write_demo

    summary = write_demo(directory)
    if as_json:
        print_json(asdict(summary))
    else:
        say_line(f"{summary.records:,} records in {len(summary.files)} files under {directory}")


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
    say_line(f"jars are in {jar_directory()}")


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
        say_line(f"kernels for this CPU are in {to} ({kernels.ship(to):.1f} s)")
        return
    say_line(f"kernels are ready ({kernels.warm():.1f} s)")
    say_line(f"classes are in {class_archive.make()}")


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
        say_line(f"note: {note}")
    say_line(f"{', '.join(f'{n:,} {kind}' for kind, n in counts.items())} in {to}")
    if as_json:
        print_json({"file": str(to), "entries": counts, "notes": gathered.notes})
