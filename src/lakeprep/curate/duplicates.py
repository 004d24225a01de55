"""Duplicates of a data set: candidates from shared buckets, verified one after another.

Documents that share a URL, a text or a MinHash band are connected; connected ones are looked at
together, in the order of survival, by one pass (`kernels.survivors`): each is compared, on its real
shingles, with those before it in its buckets and with the survivors that these were dropped for.
(DESIGN.md, section 6; docs/adr/0005)
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from lakeprep.curate.components import components
from lakeprep.lake.files import are_local
from lakeprep.lake.lookup import look_up

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

    from lakeprep.lake.catalog import Lake
    from lakeprep.recipe import Duplicates

#: What the pass says of a document.
_DECISIONS = {
    "doc_id": "string",
    "duplicate_of": "string",
    "duplicate_kind": "string",
    "similarity": "double",
    "containment": "double",
    "cluster_id": "string",
    "left_out": "array<bigint>",
}
#: Bytes of rows that are sent to every executor; more are joined by a shuffle. That is the keys of
#: 327,000 documents, or 1,960,000 ids with a number. (docs/scaling.md)
_BROADCAST = 110_000_000
#: One of so many documents at most is a candidate where texts are looked up. Where more are, most
#: pages of Parquet hold one, and all text is read.
_SPARSE = 50
#: Bytes of a value in a row of Spark's: a number, or an id with its length.
_VALUE_BYTES = {"bigint": 8, "string": 40}
#: The two hex digits of each byte.
_DIGITS = np.frombuffer(bytes(range(256)).hex().encode(), dtype=np.uint16)
#: Full buckets that are named in the report.
_NAMED = 10
#: Whole microseconds are exact in a double until the year 2255.
_MICROS = "CAST(UNIX_MICROS(fetched_at) AS DOUBLE)"


@dataclass(frozen=True, slots=True)
class Found:
    """What became of the documents that share a bucket with another.

    decisions: doc_id, duplicate_of (null: it survives), duplicate_kind, similarity, containment,
    cluster_id; computed. full_buckets: the fullest ones by key, and how many documents could not
    become a member of each; left_out: how often that happened, in all buckets.
    """

    decisions: DataFrame
    candidates: int
    full_buckets: dict[int, int]
    left_out: int


def find_duplicates(
    lake: Lake,
    fresh: DataFrame,
    documents: DataFrame,
    outcomes: DataFrame | None,
    policy: Duplicates,
) -> Found:
    """Decide which of `fresh` are duplicates, of each other or of documents decided before.

    fresh: doc_id, url_key, text_digest, bands and what the policy orders by, of new documents that
    passed the rules; documents: silver.documents up to this run; outcomes: the data set's, None
    where it has none. Under `first` what was decided stands; under the other policies documents
    decided before may be among the decisions.
    """
    documents = documents.where("status = 'ok'")
    keys = _keys(fresh, policy)
    standing = _nothing_stands(lake)
    if outcomes is not None:
        touched = lake.computed(
            lake.sql(
                "stages/touched",
                {"use_near": policy.near is not None},
                text={"address_keys": _address_keys(policy)},
                keys=_broadcast(keys),
                fresh=_broadcast(fresh.select("doc_id")),
                bands=lake.frame("silver.bands"),
                documents=documents,
            )
        )
        if policy.policy == "first":
            standing = _standing(lake, touched, documents, outcomes, policy)
        else:
            touched = _broadcast(touched)
            reopened = lake.sql("stages/reopened", touched=touched, outcomes=outcomes)
            again = documents.join(_broadcast(lake.computed(reopened)), "doc_id", "semi")
            keys = keys.unionByName(_keys(again, policy))
    edges = lake.sql("stages/shared_keys", keys=keys, standing=standing).toDF("left", "right")
    members = components(lake, edges)
    return _decided(lake, _candidates(lake, documents, members, standing, policy), policy)


def priority(policy: Duplicates) -> str:
    """SQL for the order of the policy: of two documents the one with less survives."""
    orders = {
        "first": _MICROS,
        "latest": f"-{_MICROS}",
        "longest": "-signals.word_count",
        "best": f"-COALESCE(signals.{policy.best_by}, DOUBLE('-Infinity'))",
    }
    return orders[policy.policy]


def _keys(documents: DataFrame, policy: Duplicates) -> DataFrame:
    """The buckets of documents: node (a document, as a number) and key."""
    return documents.selectExpr(
        "XXHASH64(doc_id) AS node", f"EXPLODE({_bucket_keys(policy)}) AS key"
    )


def _bucket_keys(policy: Duplicates) -> str:
    """SQL for the buckets of a document."""
    bands = "COALESCE(bands, ARRAY())" if policy.near else "ARRAY()"
    return f"CONCAT({_address_keys(policy)}, {bands})"


def _address_keys(policy: Duplicates) -> str:
    """SQL for the buckets of its URL and of its text."""
    url = ["XXHASH64('url', url_key)"] if policy.url else []
    text = ["XXHASH64('text', text_digest)"] if policy.exact else []
    return f"CAST(ARRAY({', '.join(url + text)}) AS ARRAY<BIGINT>)"


def _broadcast(rows: DataFrame, count: int | None = None) -> DataFrame:
    """With the hint to send them to every executor where they are few; counts them, unless their
    count is given. What they are joined with is then not shuffled. rows: numbers and ids."""
    row_bytes = 8 + sum(_VALUE_BYTES[kind] for _, kind in rows.dtypes)
    count = rows.count() if count is None else count
    return rows.hint("broadcast") if count * row_bytes <= _BROADCAST else rows


def _standing(
    lake: Lake, touched: DataFrame, documents: DataFrame, outcomes: DataFrame, policy: Duplicates
) -> DataFrame:
    """Documents decided before that new ones are compared with: key (null for those that members of
    buckets were dropped for), doc_id, duplicate_of, cluster_id."""
    sizes = touched.groupBy("key").count()
    (totals,) = sizes.selectExpr("SUM(count) AS rows", "MAX(count) AS fullest").collect()
    touched = _broadcast(touched, totals.rows or 0)
    members = lake.computed(lake.sql("stages/standing", touched=touched, outcomes=outcomes))
    if (totals.fullest or 0) > policy.max_bucket:
        members = lake.computed(
            lake.sql(
                "stages/first_of_buckets",
                {"capacity": policy.max_bucket},
                text={"priority": _MICROS},
                members=_broadcast(members),
                documents=documents,
            )
        )
    survivors = members.where("duplicate_of IS NOT NULL").selectExpr(
        "CAST(NULL AS BIGINT) AS key",
        "duplicate_of AS doc_id",
        "CAST(NULL AS STRING) AS duplicate_of",
        "cluster_id",  # a duplicate is in the cluster of its survivor
    )
    return members.unionByName(survivors)


def _nothing_stands(lake: Lake) -> DataFrame:
    """No row, and known to be none when a query is planned: what it is joined with falls away."""
    return lake.spark.sql(
        "SELECT CAST(0 AS BIGINT) AS key, '' AS doc_id, '' AS duplicate_of, '' AS cluster_id "
        "WHERE FALSE"
    )


def _candidates(
    lake: Lake, documents: DataFrame, members: DataFrame, standing: DataFrame, policy: Duplicates
) -> DataFrame:
    """Documents to compare, with what `_pass` needs. members: node, component."""
    from pyspark.sql.functions import expr

    table, count = "silver.documents", members.count()
    members = _broadcast(members, count)
    if count * _SPARSE <= lake.rows(table) and are_local(lake, table):
        places = documents.selectExpr("doc_id", "_file AS file")
        places = places.join(members, expr("XXHASH64(doc_id) = node"), "semi")
        read = ["url_key", "fetched_at", "text", "text_digest", "bands"]
        if "signals." in priority(policy):
            read.append("signals")
        documents = look_up(places, table, read)
    return lake.sql(
        "stages/candidates",
        {"use_url": policy.url, "use_exact": policy.exact},
        text={"keys": _bucket_keys(policy), "priority": priority(policy)},
        documents=documents,
        members=members,
        standing=standing,
    )


def _decided(lake: Lake, candidates: DataFrame, policy: Duplicates) -> Found:
    from pyspark.sql import functions as f

    schema = ", ".join(f"{name} {kind}" for name, kind in _DECISIONS.items())
    ordered = candidates.repartition("component").sortWithinPartitions("component", "turn")
    answers = lake.computed(ordered.drop("turn").mapInArrow(_pass(policy), schema))
    (totals,) = answers.selectExpr("COUNT(*) AS rows", "SUM(SIZE(left_out)) AS left_out").collect()
    full_buckets: dict[int, int] = {}
    if totals.left_out:
        full = answers.select(f.explode("left_out").alias("key")).groupBy("key").count()
        fullest = full.orderBy(f.desc("count"), "key").limit(_NAMED)
        full_buckets = {row.key: row["count"] for row in fullest.collect()}
    return Found(answers.drop("left_out"), totals.rows, full_buckets, totals.left_out or 0)


def _pass(
    policy: Duplicates,
) -> Callable[[Iterable[pa.RecordBatch]], Iterator[pa.RecordBatch]]:
    near = policy.near
    min_jaccard = near.min_jaccard if near else None
    min_containment = near.min_containment if near else None
    capacity = policy.max_bucket

    def run(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        from lakeprep.kernels.survivors import Survivors  # the workers', not the driver's

        survivors = Survivors(
            min_jaccard=min_jaccard, min_containment=min_containment, capacity=capacity
        )
        for batch in batches:
            if batch.num_rows:
                yield _decide_batch(batch, survivors)

    return run


def _decide_batch(batch: pa.RecordBatch, survivors: object) -> pa.RecordBatch:
    from lakeprep.kernels.minhash import shingle_sets
    from lakeprep.kernels.survivors import KINDS, OPEN, Survivors

    assert isinstance(survivors, Survivors)
    standing = batch.column("standing").to_numpy()
    halves = _halves(batch.column("facts"))
    facts = np.column_stack([batch.column("component").to_numpy(), standing, halves])
    decided = survivors.decide(
        facts.astype(np.int64), batch.column("keys"), shingle_sets(batch.column("text"))
    )
    survives = decided.kind == 0
    table = pa.RecordBatch.from_arrays(
        [
            _ids(halves[:, :2]),
            _ids(decided.survivor, survives),
            pa.DictionaryArray.from_arrays(
                pa.array(decided.kind - 1, mask=survives), pa.array(KINDS)
            ).cast(pa.string()),
            pa.array(decided.similarity, mask=survives),
            pa.array(decided.containment, mask=survives),
            _ids(decided.cluster),
            decided.left_out,
        ],
        list(_DECISIONS),
    )
    return table.filter(pa.array(standing == OPEN))


def _halves(facts: pa.Array) -> np.typing.NDArray[np.int64]:
    """Binary values of equal length, as rows of 64-bit numbers."""
    _, offsets, data = facts.buffers()
    first = np.frombuffer(offsets, dtype=np.int32)[facts.offset : facts.offset + len(facts) + 1]
    width = int(first[1] - first[0])
    flat = np.frombuffer(data, dtype=np.uint8)[first[0] : first[-1]]
    return np.ascontiguousarray(flat).view(np.int64).reshape(len(facts), width // 8)


def _ids(
    halves: np.typing.NDArray[np.int64], missing: np.typing.NDArray[np.bool_] | None = None
) -> pa.Array:
    """The ids whose halves are given, as 32 hex digits. (Made here, not in SQL: the first LOWER of
    a JVM makes tables of Unicode for three seconds.)"""
    import pyarrow.compute as pc

    digits = _DIGITS[np.ascontiguousarray(halves).view(np.uint8)]
    starts = np.arange(len(halves) + 1, dtype=np.int32) * 32
    buffers = [None, pa.py_buffer(starts), pa.py_buffer(digits)]
    ids = pa.Array.from_buffers(pa.string(), len(halves), buffers)
    if missing is None:
        return ids
    return pc.if_else(pa.array(missing), pa.scalar(None, pa.string()), ids)
