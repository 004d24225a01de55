"""Runs: their ids, what they stamp on snapshots, and the log `ops.runs`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timezone

from lakeprep import __version__
from lakeprep.errors import RecipeError, UsageError
from lakeprep.lake.catalog import PROPERTY, Lake, dataset_tables
from lakeprep.lake.schema import table_schema

#: Prefix of the tags of releases.
RELEASE = "release_"
#: Property of outcomes' commits: the fullest buckets of candidates, by key, and how many documents
#: found each one full (JSON).
FULL_BUCKETS = "full-buckets"
_DAY = re.compile(r"[0-9]{8}")
_RUN_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")


@dataclass(frozen=True, slots=True)
class Run:
    """One run, as its rows and snapshots name it."""

    run_id: str
    logical_date: datetime
    dataset: str
    recipe_hash: str
    score_hash: str

    def provenance(self) -> dict[str, str]:
        """Snapshot properties that say where a commit comes from."""
        return {
            "run-id": self.run_id,
            "logical-date": self.logical_date.isoformat(),
            "recipe-hash": self.recipe_hash,
            "score-hash": self.score_hash,
            "code-version": __version__,
        }


@dataclass(slots=True)
class StageResult:
    """What a stage did: nothing when `changed` is false."""

    stage: str
    rows_in: int = 0
    rows_out: int = 0
    seconds: float = 0.0
    inputs: Mapping[str, int] = field(default_factory=dict)
    outputs: Mapping[str, int] = field(default_factory=dict)
    changed: bool = True
    detail: Mapping[str, int] = field(default_factory=dict)


def check_run_id(run_id: str) -> str:
    """`run_id`, which becomes part of branch and tag names.

    Raises:
        UsageError: other characters than letters, digits, `_` and `-`, or over 64 of them.
    """
    if not _RUN_ID.fullmatch(run_id):
        raise UsageError(
            f"--run-id {run_id!r}: letters, digits, '_' and '-' only, at most 64, "
            "beginning with a letter or digit"
        )
    return run_id


def next_run_id(lake: Lake, logical_date: datetime, stage: str, dataset: str) -> str:
    """`<date>-<n>`: the newest n of that date, or the next one when that run already did `stage`.

    A run that was killed has not done its last stage, so the next one takes up its id and
    finishes its work under it: the tables are those of an unbroken run. (docs/adr/0004)
    """
    day = f"{logical_date:%Y%m%d}"
    newest, did_stage = 0, False
    for _, summary in lake.history("ops.runs"):
        date, _, number = summary.get(f"{PROPERTY}run-id", "").rpartition("-")
        if not (_DAY.fullmatch(date) and number.isdecimal()):
            continue  # a run that was given its id
        if date != day or int(number) != (newest or int(number)):
            break
        newest = int(number)
        of_dataset = summary.get(f"{PROPERTY}dataset") in (None, dataset)
        done = summary.get(f"{PROPERTY}status") == "done"
        did_stage |= done and of_dataset and summary.get(f"{PROPERTY}stage") == stage
    for tag in lake.refs(gold) if lake.exists(gold := dataset_tables(dataset)[1]) else ():
        number = tag.removeprefix(f"{RELEASE}{day}-")
        if number.isdecimal() and int(number) >= newest:  # its run may have died before it said so
            newest, did_stage = int(number), True
    return f"{day}-{newest + 1 if did_stage else max(newest, 1)}"


def made_by(lake: Lake, table: str, ref: str, dataset: str) -> Run:
    """The run that made the head of `ref`, as its snapshot names it."""
    head = lake.head(table, ref)
    assert head is not None  # the caller has found `ref`
    written = lake.properties(table, head)
    return Run(
        run_id=written["run-id"],
        logical_date=datetime.fromisoformat(written["logical-date"]),
        dataset=dataset,
        recipe_hash=written["recipe-hash"],
        score_hash=written["score-hash"],
    )


def check_score_section(lake: Lake, run: Run) -> None:
    """Silver holds what one `score` section computes: the run's, or silver is empty.

    Raises:
        RecipeError: another one; the message names the two ways out.
    """
    made_by = lake.last_written("silver.documents", "score-hash")
    if made_by not in (None, run.score_hash):
        raise RecipeError(
            f"silver was scored with another `score` section (hash {made_by}, this recipe's is "
            f"{run.score_hash}). Put the section back, or score every page again with "
            "`lakeprep rescore`"
        )


def record(
    lake: Lake,
    run: Run,
    result: StageResult,
    *,
    started_at: datetime,
    error: str | None = None,
) -> None:
    """Add the stage to `ops.runs`."""
    import pyarrow as pa

    ended_at = datetime.now(timezone.utc)
    dataset = None if result.stage in ("ingest", "score") else run.dataset
    status = "failed" if error else "done"
    row = {
        "run_id": run.run_id,
        "stage": result.stage,
        "dataset": dataset,
        "started_at": started_at,
        "ended_at": ended_at,
        "status": status,
        "inputs": list(result.inputs.items()),
        "outputs": list(result.outputs.items()),
        "rows_in": result.rows_in,
        "rows_out": result.rows_out,
        "seconds": result.seconds,
        "recipe_hash": run.recipe_hash,
        "code_version": __version__,
        "error": error,
    }
    rows = pa.Table.from_pylist([row], schema=table_schema("ops.runs").arrow())
    lake.append(
        lake.spark.createDataFrame(rows),
        "ops.runs",
        branch=None,
        properties={
            "stage": result.stage,
            "status": status,
            **({"dataset": dataset} if dataset else {}),
            **run.provenance(),
        },
    )
