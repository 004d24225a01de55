"""The curate stage: new rows of silver in, outcomes and data set out, on a branch.

Rules, then duplicates, then passages, then masking. Main does not move here; `publish` audits the
branch first.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from lakeprep.curate.duplicates import Found, find_duplicates
from lakeprep.curate.masking import masked
from lakeprep.curate.passages import settle_passages
from lakeprep.curate.rules import reasons_expression
from lakeprep.curate.urls import with_url_reasons
from lakeprep.errors import RecipeError, UsageError
from lakeprep.lake.catalog import Lake, dataset_tables, passages_table
from lakeprep.lake.runs import RELEASE, Run, StageResult, check_score_section
from lakeprep.lake.staging import Staging

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

    from lakeprep.recipe import Recipe

STAGE = "curate"
#: Property of outcomes' commits: the fullest buckets, by key, and how many found each one full.
FULL_BUCKETS = "full-buckets"


def curate(lake: Lake, run: Run, recipe: Recipe, *, full: bool = False) -> StageResult:
    """Decide every document of silver that this data set has no outcome for; with `full`, all.

    Leaves the branch `curate_<run id>` on the tables of the data set.

    Raises:
        RecipeError: the data set was made by another recipe and `full` is not asked for, or silver
            by another `score` section.
        UsageError: the run's id names a release that is there already.
    """
    outcomes, gold = dataset_tables(run.dataset)
    index = passages_table(run.dataset)
    tables = (outcomes, gold, index) if recipe.passages.is_on else (outcomes, gold)
    check_score_section(lake, run)
    lake.ensure(*tables)
    if not full:
        _same_recipe(lake, run, outcomes)
    head = lake.head("silver.documents")
    since = None if full else lake.watermark(outcomes, "silver.documents")
    if head is None or head == since:
        return StageResult(STAGE, changed=False)

    _not_rescored(lake, since)
    if RELEASE + run.run_id in lake.refs(gold):
        raise UsageError(
            f"run {run.run_id} has released {run.dataset} already, and there are new documents: "
            "give this run another --run-id"
        )

    documents = lake.new_rows("silver.documents", since=since, until=head)
    silver = lake.new_rows("silver.documents", since=None, until=head)
    judged = _judge(lake, documents, recipe)
    before = None if full or lake.is_empty(outcomes) else lake.frame(outcomes)
    found = find_duplicates(
        lake, judged.where("SIZE(reasons) = 0"), silver, before, recipe.duplicates
    )
    settled = settle_passages(
        lake,
        recipe.passages,
        documents=documents,
        outcomes=lake.computed(_outcomes(lake, judged, found, run)),
        published=_kept(lake, before),
        index=index,
        full=full,
    )
    decided = settled.outcomes
    revised = _revised(lake, judged, found, before, recipe, run)

    staging = Staging(lake, STAGE, run, tables)
    staging.open()
    write = staging.overwrite if full else staging.append
    inputs = {"silver.documents": head}
    if revised is not None:
        staging.delete(revised, outcomes)
        staging.delete(revised, gold)
        decided = decided.unionByName(revised)
        documents = silver
    write(decided, outcomes, inputs, {FULL_BUCKETS: json.dumps(found.full_buckets)})
    kept = lake.sql(
        "stages/kept_documents", {"run_id": run.run_id}, documents=documents, outcomes=decided
    )
    write(masked(settled.marked(kept), recipe.masking.kinds), gold, inputs)
    if settled.additions is not None:
        write(settled.additions, index, inputs)
    counts = {row.outcome: row["count"] for row in decided.groupBy("outcome").count().collect()}
    return StageResult(
        STAGE,
        rows_in=sum(counts.values()),
        rows_out=counts.get("kept", 0),
        inputs=inputs,
        outputs={table: staging.head(table) for table in tables},
        detail={
            **counts,
            "candidates": found.candidates,
            "revised": revised.count() if revised is not None else 0,
            "left_out": found.left_out,
            **settled.detail,
        },
    )


def _same_recipe(lake: Lake, run: Run, outcomes: str) -> None:
    made_by = lake.last_written(outcomes, "recipe-hash")
    if made_by not in (None, run.recipe_hash):
        raise RecipeError(
            f"data set {run.dataset} was decided by another recipe (hash {made_by}, this one has "
            f"{run.recipe_hash}). Either decide everything again from silver with "
            f"`lakeprep curate --full`, then `lakeprep publish`; or make a second data set with "
            f"--dataset NAME"
        )


def _not_rescored(lake: Lake, since: int | None) -> None:
    """Rows appended since `since` are all that is new, unless silver was written anew."""
    if since is None:
        return
    for snapshot, summary in lake.history("silver.documents"):
        if snapshot == since:
            return
        if summary["operation"] == "overwrite" and summary.get("lakeprep.stage") == "score":
            break
    raise RecipeError(
        "silver was scored anew since this data set was decided; decide everything again with "
        "`lakeprep curate --full`, then `lakeprep publish`"
    )


def _judge(lake: Lake, documents: DataFrame, recipe: Recipe) -> DataFrame:
    reasons = {"reasons": reasons_expression(recipe)}
    read = with_url_reasons(documents, recipe.url)
    return lake.computed(lake.sql("stages/judge", text=reasons, documents=read))


def _outcomes(lake: Lake, judged: DataFrame, found: Found, run: Run) -> DataFrame:
    return lake.sql(
        "stages/outcomes", {"run_id": run.run_id}, judged=judged, decisions=found.decisions
    )


def _kept(lake: Lake, before: DataFrame | None) -> DataFrame:
    """doc_id of the documents that earlier runs kept."""
    if before is None:
        return lake.spark.createDataFrame([], "doc_id string")
    return before.where("outcome = 'kept'").select("doc_id")


def _revised(
    lake: Lake,
    judged: DataFrame,
    found: Found,
    before: DataFrame | None,
    recipe: Recipe,
    run: Run,
) -> DataFrame | None:
    """Outcomes of documents decided before that are others now; None under a policy by which what
    was decided stands."""
    if before is None or recipe.duplicates.policy == "first":
        return None
    return lake.computed(
        lake.sql(
            "stages/revised",
            {"run_id": run.run_id},
            decisions=found.decisions,
            judged=judged,
            outcomes=before,
        )
    )
