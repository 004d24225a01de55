"""Commands that ask: what a lake holds, whether its books balance, what other rules would do."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import typer

from lakeprep.cli.common import (
    ConfOption,
    JsonOption,
    LakeOption,
    Recipe,
    app,
    print_json,
    progress,
    target_of,
)
from lakeprep.errors import UsageError


@app.command()
def audit(lake: LakeOption = None, conf: ConfOption = None, as_json: JsonOption = False) -> None:
    """Check that the books balance (exit 4 if not) and that every snapshot names its run."""
    from lakeprep.lake.books import balance, unexplained_snapshots
    from lakeprep.pipeline import open_lake

    with open_lake(target_of(lake, conf, must_exist=True), progress()) as opened:
        books = balance(opened)
        faults = [*books.faults, *unexplained_snapshots(opened)]
    result = {
        "balanced": not faults,
        "faults": faults,
        "lake": books.lake,
        "datasets": books.datasets,
    }
    if as_json:
        print_json(result)
    else:
        from lakeprep.console import show_books

        show_books(books, faults)
    raise typer.Exit(4 if faults else 0)


@app.command()
def tables(lake: LakeOption = None, conf: ConfOption = None, as_json: JsonOption = False) -> None:
    """The tables, their rows, snapshots and releases."""
    from lakeprep.pipeline import open_lake

    with open_lake(target_of(lake, conf, must_exist=True), progress()) as opened:
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
        print_json({"tables": rows})
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
    lp_language, lp_signals, ... and the views web_clusters, ... of docs/sql.md are there."""
    from pyspark.errors import AnalysisException

    from lakeprep import views
    from lakeprep.pipeline import open_lake

    with open_lake(target_of(lake, conf, must_exist=True), progress()) as opened:
        if "lp_" in query.lower():
            from lakeprep.udfs import register

            register(opened.spark)
        views.register(opened.spark, query)
        try:
            answer = opened.query(query).limit(limit).collect()
        except AnalysisException as error:  # syntax, names and types alike
            raise UsageError(f"the query does not hold: {str(error).splitlines()[0]}") from None
        rows = [row.asDict(recursive=True) for row in answer]
    if as_json:
        print_json({"rows": rows})
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
        print_json({"recipe": loaded.name, "hash": loaded.hash, "rules": rows})
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
    target = target_of(lake, conf, must_exist=True)
    if dataset is not None:
        check_dataset(dataset)
    with open_lake(target, progress()) as opened:
        tuning = tune_rules(opened, loaded, proposals, dataset=dataset)
    from lakeprep.console import show_tuning

    show_tuning(tuning)
    if as_json:
        print_json(asdict(tuning))


@app.command()
def explain(
    asked: Annotated[
        str, typer.Argument(metavar="URL-or-ID", help="Of a document, or of a record.")
    ],
    lake: LakeOption = None,
    conf: ConfOption = None,
    dataset: Annotated[
        str | None,
        typer.Option("--dataset", envvar="LAKEPREP_DATASET", help="Only this data set; else all."),
    ] = None,
    recipe: Annotated[
        str | None,
        typer.Option("--recipe", envvar="LAKEPREP_RECIPE", help="Its thresholds; else a shipped."),
    ] = None,
    text: Annotated[
        int,
        typer.Option("--text", envvar="LAKEPREP_TEXT", min=0, help="Characters of text to show."),
    ] = 0,
    as_json: JsonOption = False,
) -> None:
    """What became of a page and why: source, signals, failed rules, duplicates, releases."""
    from lakeprep.explain import explain as explain_page
    from lakeprep.pipeline import check_dataset, open_lake
    from lakeprep.recipe import load_recipe

    target = target_of(lake, conf, must_exist=True)
    loaded = load_recipe(recipe) if recipe else None
    if dataset is not None:
        check_dataset(dataset)
    with open_lake(target, progress()) as opened:
        found = explain_page(opened, asked, dataset=dataset, recipe=loaded, text=text)
    if as_json:
        print_json(asdict(found))
    else:
        from lakeprep.console import show_explanation

        show_explanation(found)


@app.command()
def doctor(lake: LakeOption = None, conf: ConfOption = None, as_json: JsonOption = False) -> None:
    """What works and what to do: Java, jars, catalog, storage, kernels."""
    from lakeprep.doctor import examine

    findings = examine(lake, conf)
    if as_json:
        print_json({"healthy": all(f.ok for f in findings), "findings": findings})
    else:
        from lakeprep.console import show_findings

        show_findings(findings)
    raise typer.Exit(0 if all(finding.ok for finding in findings) else 2)
