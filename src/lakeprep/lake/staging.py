"""Atomic output of a stage: a branch of each table it owns, then main moves.

Main is fast-forwarded table by table in the stage's fixed order. The first fast-forward is refused
when main has moved since the branch was made: that is the compare-and-swap, and the commit. From
then on the rest only follows: a run that dies in between is rolled forward by the next one. Before
it, nothing has happened, and the branches are dropped. (docs/adr/0001)
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from lakeprep.errors import LakeBusy
from lakeprep.lake.catalog import MAIN, PROPERTY, Lake

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

    from lakeprep.lake.runs import Run


class Staging:
    """The branches of one stage of one run. `tables`: in the order in which main moves."""

    def __init__(self, lake: Lake, stage: str, run: Run, tables: tuple[str, ...]) -> None:
        self.lake = lake
        self.stage = stage
        self.run = run
        self.tables = tables
        self.branch = branch_name(stage, run.run_id)

    def open(self) -> None:
        """Make the branches, anew: what a dead run of this id left is dropped."""
        for table in reversed(self.tables):
            loaded = self.lake.java_table(table)
            if loaded.refs().containsKey(self.branch):
                loaded.manageSnapshots().removeBranch(self.branch).commit()
            loaded.manageSnapshots().createBranch(self.branch).commit()

    def append(
        self,
        frame: DataFrame,
        table: str,
        inputs: Mapping[str, int] | None = None,
        notes: Mapping[str, str] | None = None,
    ) -> None:
        """Append to the table's branch; `inputs`: table and snapshot up to which it was read;
        `notes`: further properties of the commit."""
        properties = self._properties(inputs, notes)
        self.lake.append(frame, table, branch=self.branch, properties=properties)

    def overwrite(
        self,
        frame: DataFrame,
        table: str,
        inputs: Mapping[str, int] | None = None,
        notes: Mapping[str, str] | None = None,
    ) -> None:
        """Replace all rows of the table's branch."""
        properties = self._properties(inputs, notes)
        self.lake.overwrite(frame, table, branch=self.branch, properties=properties)

    def delete(self, documents: DataFrame, table: str) -> None:
        """Delete the rows of `documents` (by doc_id) from the table's branch."""
        self.lake.delete(documents, table, branch=self.branch, properties=self._properties())

    def head(self, table: str) -> int:
        """Snapshot that the table's branch points to."""
        head = self.lake.head(table, self.branch)
        if head is None:
            raise LakeBusy(f"{table}: branch {self.branch} is gone; another run dropped it")
        return head

    def commit(self) -> dict[str, int]:
        """Fast-forward main of every table; the snapshots that main then has.

        Raises:
            LakeBusy: main of the first table has moved since `open`.
        """
        self._mark()
        for table in self.tables:
            fast_forward(self.lake, table, self.branch)
        drop_branches(self.lake, self.tables, self.branch)
        return {table: head for table in self.tables if (head := self.lake.head(table))}

    def _properties(
        self, inputs: Mapping[str, int] | None = None, notes: Mapping[str, str] | None = None
    ) -> dict[str, str]:
        read = {f"input.{table}": str(snapshot) for table, snapshot in (inputs or {}).items()}
        return {"stage": self.stage, **self.run.provenance(), **read, **(notes or {})}

    def _mark(self) -> None:
        """See that the first table's branch has a commit of ours, by which `recover` knows whether
        main has been moved there."""
        if not _has_commit(self.lake, self.tables[0], self.branch, self.stage):
            loaded = self.lake.java_table(self.tables[0])
            commit = loaded.newFastAppend().toBranch(self.branch)
            for key, value in self._properties().items():
                commit = commit.set(PROPERTY + key, value)
            commit.commit()


def branch_name(stage: str, run_id: str) -> str:
    return f"{stage}_{run_id}"


def fast_forward(lake: Lake, table: str, branch: str) -> None:
    """Move main to the head of `branch`.

    Raises:
        LakeBusy: main is not an ancestor of it: another run has written meanwhile.
    """
    try:
        lake.java_table(table).manageSnapshots().fastForwardBranch(MAIN, branch).commit()
    except Exception as error:
        if "not an ancestor" not in str(error):
            raise
        raise LakeBusy(
            f"{table}: another run has written since this one began ({branch}); run again"
        ) from None


def drop_branches(lake: Lake, tables: tuple[str, ...], branch: str) -> None:
    """Drop the branch of each table, of the first one last: it tells how far a commit got."""
    for table in reversed(tables):
        loaded = lake.java_table(table)
        if loaded.refs().containsKey(branch):
            loaded.manageSnapshots().removeBranch(branch).commit()


def recover(lake: Lake, stage: str, tables: tuple[str, ...], *, alone: bool) -> list[str]:
    """Finish or undo what dead runs left of a stage; the run ids that were rolled forward.

    alone: the caller holds the lake, so whatever is found is nobody's. Otherwise a branch that has
    not begun to commit may be a living run's, and stays.
    """
    finished = []
    branches = {ref for table in tables for ref in lake.refs(table) if ref.startswith(f"{stage}_")}
    for branch in sorted(branches):
        if is_moved(lake, tables[0], branch, stage):
            for table in tables[1:]:
                if branch in lake.refs(table):
                    fast_forward(lake, table, branch)
            finished.append(branch.removeprefix(f"{stage}_"))
        elif not alone:
            continue
        drop_branches(lake, tables, branch)
    return finished


def is_moved(lake: Lake, table: str, branch: str, stage: str) -> bool:
    """Main of `table` stands at a commit that `stage` made on `branch`: its commit has begun."""
    refs = lake.refs(table)
    moved = branch in refs and refs.get(MAIN) == refs[branch]
    return moved and _has_commit(lake, table, branch, stage)


def _has_commit(lake: Lake, table: str, branch: str, stage: str) -> bool:
    head = lake.head(table, branch)
    if head is None:
        return False
    written = lake.properties(table, head)
    return branch == branch_name(stage, written.get("run-id", "")) and written["stage"] == stage
