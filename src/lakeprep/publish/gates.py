"""Gates: a Great Expectations suite on a frame of one row, the figures of the branch.

The figures come from one Spark aggregation a table; no expectation scans a table.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lakeprep.lake.catalog import Lake
from lakeprep.resources import resource

if TYPE_CHECKING:
    from lakeprep.recipe import Recipe


@dataclass(frozen=True, slots=True)
class Check:
    """One expectation and what it found."""

    name: str
    success: bool
    observed: str
    expected: str


def measure(
    lake: Lake,
    outcomes: str,
    gold: str,
    recipe: Recipe,
    *,
    branch: str,
    gold_branch: str | None = None,
) -> dict[str, int]:
    """Figures of the branch that the suite speaks of; see sql/stages/release_figures.sql.

    `gold_branch`: where the data set stands, if not on a branch of the same name.
    """
    near = recipe.duplicates.near
    row = lake.sql(
        "stages/release_figures",
        {
            "min_jaccard": near.min_jaccard if near else 0.0,
            "min_containment": near.min_containment if near and near.min_containment else 2.0,
        },
        documents=lake.frame("silver.documents"),
        outcomes=lake.frame(outcomes, branch=branch),
        gold=lake.frame(gold, branch=gold_branch or branch),
    ).first()
    assert row is not None  # an aggregation has one row
    return {name: int(value) for name, value in row.asDict().items()}


def check(figures: Mapping[str, int], recipe: Recipe) -> list[Check]:
    """Run the suite `publish/release_suite.json` on the figures.

    `min_documents` of the recipe takes the place of the suite's own floor.
    """
    os.environ["GX_ANALYTICS_ENABLED"] = "false"
    import great_expectations as gx
    import pandas as pd
    from great_expectations.data_context.types.base import ProgressBarsConfig

    text = (resource("publish", "release_suite.json")).read_text(encoding="utf-8")
    suite = json.loads(text)
    for expectation in suite["expectations"]:
        if expectation["kwargs"]["column"] == "gold_rows":
            expectation["kwargs"]["min_value"] = recipe.gates.min_documents
    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = ProgressBarsConfig(globally=False)
    batch = (
        context.data_sources.add_pandas("figures")
        .add_dataframe_asset("release")
        .add_batch_definition_whole_dataframe("whole")
        .get_batch({"dataframe": pd.DataFrame([dict(figures)])})
    )
    result = batch.validate(
        gx.ExpectationSuite(name=suite["name"], expectations=suite["expectations"])
    )
    return [_as_check(one.to_json_dict(), figures) for one in result.results]


def _as_check(result: Mapping[str, object], figures: Mapping[str, int]) -> Check:
    config = result["expectation_config"]
    assert isinstance(config, dict)
    kwargs, meta = config["kwargs"], config.get("meta") or {}
    low, high = kwargs.get("min_value"), kwargs.get("max_value")
    expected = (
        f"{low}"
        if low == high
        else " and ".join(
            part
            for part in (
                f"at least {low}" if low is not None else "",
                f"at most {high}" if high is not None else "",
            )
            if part
        )
    )
    column = str(kwargs["column"])
    return Check(
        name=str(meta.get("name", column)),
        success=bool(result["success"]),
        observed=str(figures[column]),
        expected=expected,
    )
