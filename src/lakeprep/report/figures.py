"""The figures of a run's report: a handful of Spark jobs over the tables, no text read."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from lakeprep.lake.catalog import MAIN, Lake, contract_of, dataset_tables
from lakeprep.lake.runs import FULL_BUCKETS, RELEASE, Run
from lakeprep.lake.schema import table_schema
from lakeprep.lake.staging import branch_name
from lakeprep.resources import resource

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, Row

#: The stage whose branch holds what a gate has not let through.
CURATE = "curate"


@dataclass(frozen=True, slots=True)
class Count:
    """Documents (records, of `files`) of one item: in the whole table, and by this run.

    amount: survivors, of a kind of duplicates; words, of a language; else 0.
    """

    item: str
    total: int
    this_run: int
    amount: int


@dataclass(frozen=True, slots=True)
class Domain:
    name: str
    kept: int
    dropped: int


@dataclass(frozen=True, slots=True)
class Cluster:
    """A document kept, and how many were dropped as its duplicates; the least of their verified
    similarities, 0 to 1."""

    doc_id: str
    url: str
    duplicates: int
    least_similarity: float | None


@dataclass(frozen=True, slots=True)
class FullBucket:
    """A bucket of candidates that was full: how many documents hold its key, and how many of this
    run could not become members, so that later ones are not compared with them through it."""

    key: int
    url: str
    documents: int
    left_out: int


@dataclass(frozen=True, slots=True)
class Example:
    doc_id: str
    url: str


@dataclass(frozen=True, slots=True)
class Figures:
    """Counts are sorted by total, largest first, then by item; examples stand by reason, those of
    the most frequent reason first."""

    release: str | None
    branch: str | None
    files: tuple[Count, ...]
    pages: tuple[Count, ...]
    rejects: tuple[Count, ...]
    statuses: tuple[Count, ...]
    outcomes: tuple[Count, ...]
    reasons: tuple[Count, ...]
    duplicates: tuple[Count, ...]
    languages: tuple[Count, ...]
    kept_domains: tuple[Domain, ...]
    dropped_domains: tuple[Domain, ...]
    clusters: tuple[Cluster, ...]
    full_buckets: tuple[FullBucket, ...]
    examples: Mapping[str, tuple[Example, ...]]


def collect(lake: Lake, run: Run) -> Figures:
    """The figures of `run`'s data set: of the branch that curate left for it, or else of main.

    release: the tag of this run, if it has one. branch: the branch that was read, if one was.
    """
    outcomes, gold = dataset_tables(run.dataset)
    branch = branch_name(CURATE, run.run_id)
    on_branch = lake.exists(outcomes) and branch in lake.refs(outcomes)
    tag = f"{RELEASE}{run.run_id}"
    is_released = lake.exists(gold) and tag in lake.refs(gold)
    frames = {
        "files": _frame(lake, "bronze.files"),
        "pages": _frame(lake, "bronze.pages"),
        "rejects": _frame(lake, "bronze.rejects"),
        "documents": _frame(lake, "silver.documents"),
        "outcomes": _frame(lake, outcomes, branch if on_branch else None),
        "gold": _frame(lake, gold, branch if on_branch else None),
    }
    # Each query is mostly planning and scheduling; together they keep both busy.
    names = ("counts", "domains", "clusters", "examples")
    with ThreadPoolExecutor(len(names)) as pool:
        queries = {name: pool.submit(partial(_rows, lake, run, name, frames)) for name in names}
        rows = {name: query.result() for name, query in queries.items()}
    counts = _sections(rows["counts"])
    return Figures(
        release=tag if is_released else None,
        branch=branch if on_branch else None,
        **counts,
        kept_domains=_domains(rows["domains"], "kept"),
        dropped_domains=_domains(rows["domains"], "dropped"),
        clusters=_clusters(rows["clusters"]),
        full_buckets=_full_buckets(lake, outcomes, branch if on_branch else MAIN, frames),
        examples=_examples(rows["examples"]),
    )


SECTIONS = (
    "files",
    "pages",
    "rejects",
    "statuses",
    "outcomes",
    "reasons",
    "duplicates",
    "languages",
)


def _frame(lake: Lake, table: str, branch: str | None = None) -> DataFrame:
    """The table, or one without rows where there is none yet."""
    if not lake.exists(table):
        schema = table_schema(contract_of(table)).spark()
        return lake.spark.createDataFrame([], schema)
    if branch and branch not in lake.refs(table):
        branch = None
    return lake.frame(table, branch=branch)


def _rows(lake: Lake, run: Run, name: str, frames: Mapping[str, DataFrame]) -> list[Row]:
    query = resource("sql", "report", f"{name}.sql").read_text(encoding="utf-8")
    named = {key: frame for key, frame in frames.items() if f"{{{key}}}" in query}
    args = {"run_id": run.run_id} if ":run_id" in query else None
    return lake.spark.sql(query, args=args, **named).collect()


def _sections(rows: Iterable[Row]) -> dict[str, tuple[Count, ...]]:
    counts: dict[str, list[Count]] = {section: [] for section in SECTIONS}
    for row in rows:
        counts[row.section].append(
            Count(str(row.item), int(row.total), int(row.this_run), int(row.amount or 0))
        )
    return {
        section: tuple(sorted(found, key=lambda count: (-count.total, count.item)))
        for section, found in counts.items()
    }


def _domains(rows: Iterable[Row], side: str) -> tuple[Domain, ...]:
    found = [Domain(row.domain, row.kept, row.dropped) for row in rows if row.side == side]
    if side == "kept":
        return tuple(sorted(found, key=lambda d: (-d.kept, d.dropped, d.name)))
    return tuple(sorted(found, key=lambda d: (-d.dropped, d.kept, d.name)))


def _clusters(rows: Iterable[Row]) -> tuple[Cluster, ...]:
    found = [Cluster(row.doc_id, row.url, row.duplicates, row.least_similarity) for row in rows]
    return tuple(sorted(found, key=lambda cluster: (-cluster.duplicates, cluster.doc_id)))


def _full_buckets(
    lake: Lake, outcomes: str, ref: str, frames: Mapping[str, DataFrame]
) -> tuple[FullBucket, ...]:
    noted = lake.last_written(outcomes, FULL_BUCKETS, ref) if lake.exists(outcomes) else None
    left_out = {int(key): count for key, count in json.loads(noted or "{}").items()}
    if not left_out:
        return ()
    rows = lake.sql(
        "report/full_buckets", {"keys": list(left_out)}, documents=frames["documents"]
    ).collect()
    found = [FullBucket(row.key, row.url, row.documents, left_out[row.key]) for row in rows]
    return tuple(sorted(found, key=lambda bucket: (-bucket.left_out, bucket.key)))


def _examples(rows: Iterable[Row]) -> dict[str, tuple[Example, ...]]:
    by_reason: dict[str, list[Example]] = {}
    for row in sorted(rows, key=lambda row: (row.reason, row.doc_id)):
        by_reason.setdefault(row.reason, []).append(Example(row.doc_id, row.url))
    return {reason: tuple(found) for reason, found in by_reason.items()}
