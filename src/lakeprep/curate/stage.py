"""The curate stage: new rows of silver in, outcomes and data set out, on a branch.

Rules, then duplicates, then passages, then masking. Main does not move here; `publish` audits the
branch first.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lakeprep.curate.duplicates import Found, find_duplicates
from lakeprep.curate.masking import masked
from lakeprep.curate.passages import Settled, settle_passages
from lakeprep.curate.rules import reasons_expression
from lakeprep.curate.urls import with_url_reasons
from lakeprep.errors import RecipeError, UsageError
from lakeprep.lake.catalog import Lake, dataset_tables, passages_table
from lakeprep.lake.runs import FULL_BUCKETS, RELEASE, Run, StageResult, check_score_section
from lakeprep.lake.staging import Staging

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

    from lakeprep.recipe import Recipe

STAGE = "curate"


def curate(lake: Lake, run: Run, recipe: Recipe, *, full: bool = False) -> StageResult:
    """Decide every document of silver that this data set has no outcome for; with `full`, all.

    Leaves the branch `curate_<run id>` on the tables of the data set.

    Raises:
        RecipeError: the data set was made by another recipe and `full` is not asked for, or silver
            by another `score` section.
        UsageError: the run's id names a release that is there already.
    """
    tables: tuple[str, ...] = dataset_tables(run.dataset)
    if recipe.passages.is_on:
        tables = (*tables, passages_table(run.dataset))
    check_score_section(lake, run)
    lake.ensure(*tables)
    if not full:
        _same_recipe(lake, run, tables[0])
    head = lake.head("silver.documents")
    since = None if full else lake.watermark(tables[0], "silver.documents")
    if head is None or head == since:
        return StageResult(STAGE, changed=False)

    _not_rescored(lake, since)
    if RELEASE + run.run_id in lake.refs(tables[1]):
        raise UsageError(
            f"run {run.run_id} has released {run.dataset} already, and there are new documents: "
            "give this run another --run-id"
        )
    fresh = lake.new_rows("silver.documents", since=since, until=head)
    silver = lake.new_rows("silver.documents", since=None, until=head)
    decided = _decide(lake, run, recipe, fresh, silver, full=full)
    staging = Staging(lake, STAGE, run, tables)
    staging.open()
    texts = fresh if decided.revised is None else silver
    _write(staging, decided, texts, recipe, {"silver.documents": head}, full=full)
    counts = {
        row.outcome: row["count"] for row in decided.rows().groupBy("outcome").count().collect()
    }
    return StageResult(
        STAGE,
        rows_in=sum(counts.values()),
        rows_out=counts.get("kept", 0),
        inputs={"silver.documents": head},
        outputs={table: staging.head(table) for table in tables},
        detail={
            **counts,
            "candidates": decided.found.candidates,
            "revised": decided.revised.count() if decided.revised is not None else 0,
            "left_out": decided.found.left_out,
            **decided.settled.detail,
        },
    )


@dataclass(frozen=True, slots=True)
class _Decided:
    """What a run decides. revised: new outcomes of documents that earlier runs decided otherwise;
    None under a policy by which what was decided stands."""

    found: Found
    settled: Settled
    revised: DataFrame | None

    def rows(self) -> DataFrame:
        """All outcomes that the run writes."""
        fresh = self.settled.outcomes
        return fresh if self.revised is None else fresh.unionByName(self.revised)


def _decide(
    lake: Lake, run: Run, recipe: Recipe, fresh: DataFrame, silver: DataFrame, *, full: bool
) -> _Decided:
    """Rules, duplicates, passages."""
    outcomes, _ = dataset_tables(run.dataset)
    before = None if full or lake.is_empty(outcomes) else lake.frame(outcomes)
    judged = _judge(lake, fresh, recipe)
    passed = judged.where("SIZE(reasons) = 0")
    found = find_duplicates(lake, passed, silver, before, recipe.duplicates)
    settled = settle_passages(
        lake,
        recipe.passages,
        documents=fresh,
        outcomes=lake.computed(_outcomes(lake, judged, found, run)),
        published=_kept(lake, before),
        index=passages_table(run.dataset),
        full=full,
    )
    return _Decided(found, settled, _revised(lake, judged, found, before, recipe, run))


def _write(
    staging: Staging,
    decided: _Decided,
    texts: DataFrame,
    recipe: Recipe,
    inputs: Mapping[str, int],
    *,
    full: bool,
) -> None:
    """Outcomes, data set and index of passages, to the branch. texts: silver's rows of what is
    kept, and others."""
    outcomes, gold, *index = staging.tables
    if decided.revised is not None:
        staging.delete(decided.revised, outcomes)
        staging.delete(decided.revised, gold)
    write = staging.overwrite if full else staging.append
    rows = decided.rows()
    write(rows, outcomes, inputs, {FULL_BUCKETS: json.dumps(decided.found.full_buckets)})
    kept = staging.lake.sql(
        "stages/kept_documents", {"run_id": staging.run.run_id}, documents=texts, outcomes=rows
    )
    write(masked(decided.settled.marked(kept), recipe.masking.kinds), gold, inputs)
    if decided.settled.additions is not None:
        write(decided.settled.additions, index[0], inputs)


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
        return lake.spark.sql("SELECT '' AS doc_id WHERE FALSE")
    return before.where("outcome = 'kept'").select("doc_id")


def _revised(
    lake: Lake,
    judged: DataFrame,
    found: Found,
    before: DataFrame | None,
    recipe: Recipe,
    run: Run,
) -> DataFrame | None:
    """Outcomes of documents decided before that are others now."""
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
