"""The publish stage: audit the branch, then move main and tag, or do nothing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import pyarrow as pa

from lakeprep.errors import GateFailed
from lakeprep.lake.catalog import MAIN, Lake, dataset_tables, passages_table
from lakeprep.lake.runs import RELEASE, Run, StageResult, made_by
from lakeprep.lake.schema import table_schema
from lakeprep.lake.staging import branch_name, drop_branches, fast_forward, is_moved
from lakeprep.publish.gates import Check, check, measure

if TYPE_CHECKING:
    from lakeprep.recipe import Recipe

STAGE = "publish"
#: The stage whose branch is published.
CURATE = "curate"


def publish(lake: Lake, run: Run, recipe: Recipe) -> tuple[StageResult, list[Check]]:
    """Publish the branch that `curate` left for this run, if there is one.

    Raises:
        GateFailed: a check failed; main has not moved, and the branch stays for inspection.
        LakeBusy: main has moved since the branch was made.
    """
    outcomes, gold = dataset_tables(run.dataset)
    branch = branch_name(CURATE, run.run_id)
    if not lake.exists(outcomes) or branch not in lake.refs(outcomes):
        return StageResult(STAGE, changed=False), []
    figures = measure(lake, outcomes, gold, recipe, branch=branch)
    checks = check(figures, recipe)
    if failed := [one for one in checks if not one.success]:
        found = "; ".join(f"{one.name}: {one.observed}, not {one.expected}" for one in failed)
        raise GateFailed(
            f"{run.dataset} is not released: {found}. Main has not moved; the rejected rows are on "
            f"branch {branch} of {outcomes} and {gold}",
            checks,
        )
    heads = _release(lake, run, figures)
    return (
        StageResult(
            STAGE,
            rows_in=figures["outcome_rows"],
            rows_out=figures["gold_rows"],
            outputs=heads,
            detail=figures,
        ),
        checks,
    )


def _release(lake: Lake, run: Run, figures: Mapping[str, int]) -> dict[str, int]:
    """Move main of the tables to the run's branch, tag it, keep the figures, drop the branch.

    Every step may have been done already: a crash in between is finished by calling it again.
    """
    tables: tuple[str, ...] = dataset_tables(run.dataset)
    if lake.exists(index := passages_table(run.dataset)):
        tables = (*tables, index)
    branch, tag = branch_name(CURATE, run.run_id), release_tag(run.run_id)
    for table in tables:
        refs = lake.refs(table)
        if branch in refs and refs.get(MAIN) != refs[branch]:
            fast_forward(lake, table, branch)
    for table in tables:
        refs = lake.refs(table)
        if branch in refs and tag not in refs:
            lake.java_table(table).manageSnapshots().createTag(tag, refs[branch]).commit()
    heads = {table: head for table in tables if (head := lake.head(table, tag))}
    _record_figures(lake, run, figures, heads[tables[1]])
    drop_branches(lake, tables, branch)
    return heads


def recover(lake: Lake, dataset: str, recipe: Recipe) -> list[str]:
    """Finish the releases that dead runs began, and return their run ids.

    The caller holds the lake.
    """
    outcomes, gold = dataset_tables(dataset)
    if not lake.exists(outcomes):
        return []
    finished = []
    for branch in sorted(lake.refs(outcomes)):
        if branch.startswith(f"{CURATE}_") and is_moved(lake, outcomes, branch, CURATE):
            run = made_by(lake, outcomes, branch, dataset)
            at = branch if branch in lake.refs(gold) else MAIN
            figures = measure(lake, outcomes, gold, recipe, branch=branch, gold_branch=at)
            _release(lake, run, figures)
            finished.append(run.run_id)
    return finished


def release_tag(run_id: str) -> str:
    return f"{RELEASE}{run_id}"


def latest_release(lake: Lake, dataset: str) -> str | None:
    """The tag of the newest release of `dataset`."""
    gold = dataset_tables(dataset)[1]
    if not lake.exists(gold):
        return None
    tags = {snapshot: ref for ref, snapshot in lake.refs(gold).items() if ref.startswith(RELEASE)}
    return next((tags[at] for at, _ in lake.history(gold) if at in tags), None)


def _record_figures(lake: Lake, run: Run, figures: Mapping[str, int], snapshot: int) -> None:
    gold = dataset_tables(run.dataset)[1]
    recorded = lake.frame("ops.metrics").where(f"snapshot = {snapshot:d}")
    if not recorded.isEmpty():
        return
    rows = [
        {
            "run_id": run.run_id,
            "table": gold,
            "snapshot": snapshot,
            "name": name,
            "group": None,
            "value": float(value),
        }
        for name, value in figures.items()
    ]
    metrics = pa.Table.from_pylist(rows, schema=table_schema("ops.metrics").arrow())
    lake.append(
        lake.spark.createDataFrame(metrics).coalesce(1),
        "ops.metrics",
        branch=None,
        properties={"stage": STAGE, **run.provenance()},
    )
