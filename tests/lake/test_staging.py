"""Staging: branches, the compare-and-swap, and what becomes of a dead run's branches."""

from __future__ import annotations

from dataclasses import replace

import pyarrow as pa
import pytest
from pyspark.sql import DataFrame

from lakeprep.errors import LakeBusy
from lakeprep.lake.catalog import Lake
from lakeprep.lake.runs import Run
from lakeprep.lake.schema import table_schema
from lakeprep.lake.staging import Staging, fast_forward, recover

pytestmark = pytest.mark.spark
TABLES = ("silver.scores", "bronze.rejects")


def scores(lake: Lake, *ids: str) -> DataFrame:
    rows = [{"doc_id": i, "scorer": "s", "version": "1", "value": 0.5} for i in ids]
    return lake.spark.createDataFrame(
        pa.Table.from_pylist(rows, schema=table_schema("silver.scores").arrow())
    )


def rejects(lake: Lake, *paths: str) -> DataFrame:
    rows = [
        {
            "source_path": p,
            "source_offset": 0,
            "inner_offset": 0,
            "reason": "damaged",
            "run_id": "r",
        }
        for p in paths
    ]
    return lake.spark.createDataFrame(
        pa.Table.from_pylist(rows, schema=table_schema("bronze.rejects").arrow())
    )


def staged(lake: Lake, run: Run, *ids: str) -> Staging:
    staging = Staging(lake, "test", run, TABLES)
    staging.open()
    staging.append(scores(lake, *ids), "silver.scores", {"bronze.pages": 7})
    staging.append(rejects(lake, *ids), "bronze.rejects")
    return staging


def counts(lake: Lake) -> tuple[int, int]:
    return lake.frame("silver.scores").count(), lake.frame("bronze.rejects").count()


def test_nothing_shows_before_the_commit_and_all_after(lake: Lake, run: Run) -> None:
    """Readers of main would see half a stage."""
    staging = staged(lake, run, "a", "b")
    assert counts(lake) == (0, 0)
    outputs = staging.commit()
    assert counts(lake) == (2, 2)
    assert outputs == {table: lake.head(table) for table in TABLES}
    assert lake.refs("silver.scores").keys() == {"main"}


def test_commits_say_where_they_come_from(lake: Lake, run: Run) -> None:
    """The next run finds its watermark, and an audit its run, in the snapshot."""
    staged(lake, run, "a").commit()
    assert lake.watermark("silver.scores", "bronze.pages") == 7
    head = lake.head("silver.scores")
    assert head is not None
    assert lake.properties("silver.scores", head)["run-id"] == run.run_id


def test_the_second_of_two_runs_is_refused(lake: Lake, run: Run) -> None:
    """Both would count the same rows."""
    first, second = staged(lake, run, "a"), staged(lake, replace(run, run_id="other"), "a")
    first.commit()
    with pytest.raises(LakeBusy, match="another run has written"):
        second.commit()
    assert counts(lake) == (1, 1)


def test_a_run_that_died_before_its_commit_is_undone(lake: Lake, run: Run) -> None:
    """Its rows must not show up later, nor its branches stay."""
    staged(lake, run, "a")
    assert recover(lake, "test", TABLES, alone=True) == []
    assert counts(lake) == (0, 0)
    assert all(set(lake.refs(table)) <= {"main"} for table in TABLES)


def test_a_run_that_died_inside_its_commit_is_finished(lake: Lake, run: Run) -> None:
    """One table would be ahead of the other for ever."""
    staging = staged(lake, run, "a")
    fast_forward(lake, "silver.scores", staging.branch)
    assert counts(lake) == (1, 0)
    assert recover(lake, "test", TABLES, alone=True) == [run.run_id]
    assert counts(lake) == (1, 1)
    assert recover(lake, "test", TABLES, alone=True) == []


def test_an_empty_first_table_still_marks_the_commit(lake: Lake, run: Run) -> None:
    """Without a commit of its own the first table could not tell how far a dead run got."""
    staging = Staging(lake, "test", run, TABLES)
    staging.open()
    staging.append(rejects(lake, "a"), "bronze.rejects")
    staging._mark()
    fast_forward(lake, "silver.scores", staging.branch)
    assert recover(lake, "test", TABLES, alone=True) == [run.run_id]
    assert counts(lake) == (0, 1)


def test_opening_again_starts_anew(lake: Lake, run: Run) -> None:
    """A killed run that is repeated under its id must not write its rows twice."""
    staged(lake, run, "a")
    staged(lake, run, "b").commit()
    assert [row.doc_id for row in lake.frame("silver.scores").collect()] == ["b"]


def test_a_living_run_keeps_its_branch(lake: Lake, run: Run) -> None:
    """Without the writer lock a branch that has not begun to commit may be somebody's."""
    staging = staged(lake, run, "a")
    assert recover(lake, "test", TABLES, alone=False) == []
    staging.commit()
    assert counts(lake) == (1, 1)
