"""Duplicates of a data set: candidates from shared buckets, then elect, verify, recurse."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from lakeprep.curate.elect import Candidates, Election, elect
from lakeprep.curate.verify import Shingles

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

    from lakeprep.lake.catalog import Lake
    from lakeprep.recipe import Duplicates

DUPLICATE_SCHEMA = pa.schema(
    {
        "doc_id": pa.string(),
        "duplicate_of": pa.string(),
        "duplicate_kind": pa.string(),
        "similarity": pa.float64(),
        "containment": pa.float64(),
    }
)


@dataclass(frozen=True, slots=True)
class Found:
    """Duplicates (schema `DUPLICATE_SCHEMA`), and how the search went."""

    duplicates: pa.Table
    candidates: int
    rounds: int
    undecided: int


def find_duplicates(
    lake: Lake,
    fresh: DataFrame,
    documents: DataFrame,
    published: DataFrame,
    policy: Duplicates,
) -> Found:
    """Duplicates among `fresh`, of each other or of published documents.

    fresh: doc_id, url_key, text_digest, fetched_at, bands of new documents that passed the rules.
    documents: silver.documents; published: doc_id of documents kept by earlier runs.
    """
    buckets = lake.sql(
        "stages/candidate_buckets",
        {"use_url": policy.url, "use_exact": policy.exact, "use_near": policy.near is not None},
        fresh=fresh,
        documents=documents.where("status = 'ok'"),
        bands=lake.frame("silver.bands"),
        published=published,
    )
    hits = lake.computed(buckets)
    members = _members(hits, documents)
    if not members.num_rows:
        return Found(DUPLICATE_SCHEMA.empty_table(), 0, 0, 0)
    candidates = _candidates(members, hits.select("band", "key", "doc_id").toArrow())
    election = elect(
        candidates,
        Shingles(lake, documents, members.column("doc_id")).measure,
        min_jaccard=policy.near.min_jaccard if policy.near else np.inf,
        use_url=policy.url,
        use_exact=policy.exact,
    )
    return Found(
        _evidence(members, election), members.num_rows, election.rounds, election.undecided
    )


def _members(hits: DataFrame, documents: DataFrame) -> pa.Table:
    """Candidates in order of survival: published ones, then by fetch time, then by doc_id."""
    from pyspark.sql import functions as f

    ids = hits.groupBy("doc_id").agg((~f.bool_or("is_fresh")).alias("published"))
    facts = documents.select("doc_id", "fetched_at", "url_key", "text_digest")
    return (
        facts.join(f.broadcast(ids), "doc_id")
        .toArrow()
        .sort_by(
            [("published", "descending"), ("fetched_at", "ascending"), ("doc_id", "ascending")]
        )
    )


def _candidates(members: pa.Table, hits: pa.Table) -> Candidates:
    keys = pa.StructArray.from_arrays(
        [hits.column(name).combine_chunks() for name in ("band", "key")], ["band", "key"]
    )
    pairs = np.stack([keys.field(0).to_numpy(), keys.field(1).to_numpy()], axis=1)
    _, buckets = np.unique(pairs, axis=0, return_inverse=True)
    return Candidates(
        published=members.column("published").to_numpy(),
        url=_codes(members.column("url_key")),
        text=_codes(members.column("text_digest")),
        buckets=buckets.astype(np.int64).reshape(-1),
        members=pc.index_in(hits.column("doc_id"), members.column("doc_id"))
        .to_numpy()
        .astype(np.int64),
    )


def _codes(column: pa.ChunkedArray) -> np.typing.NDArray[np.int64]:
    """A number for each value, the same for equal ones."""
    encoded = column.combine_chunks().dictionary_encode()
    return np.asarray(encoded.indices.to_numpy(zero_copy_only=False), dtype=np.int64)


def _evidence(members: pa.Table, election: Election) -> pa.Table:
    is_duplicate = election.survivor >= 0
    rows = np.flatnonzero(is_duplicate)
    ids = members.column("doc_id")
    return pa.table(
        {
            "doc_id": ids.take(pa.array(rows)),
            "duplicate_of": ids.take(pa.array(election.survivor[rows])),
            "duplicate_kind": pa.array(election.kind[rows], type=pa.string()),
            "similarity": election.similarity[rows],
            "containment": election.containment[rows],
        },
        schema=DUPLICATE_SCHEMA,
    )
