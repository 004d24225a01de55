"""Real shingles of candidates, and the similarity of pairs of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

    from lakeprep.curate.elect import Floats, Ints
    from lakeprep.lake.catalog import Lake

#: Candidates whose shingles the driver holds (about 6 kB each); more are measured in Spark.
DRIVER_CANDIDATES = 200_000
#: Pairs measured at once on the driver.
_CHUNK = 4096


class Shingles:
    """Shingle sets of `members` (doc_ids by rank), made from the text of `documents`."""

    def __init__(self, lake: Lake, documents: DataFrame, members: pa.ChunkedArray) -> None:
        from pyspark.sql import functions as f

        self.spark = lake.spark
        ranks = pa.table({"doc_id": members, "rank": np.arange(len(members))})
        wanted = f.broadcast(self.spark.createDataFrame(ranks))
        texts = documents.select("doc_id", "text").join(wanted, "doc_id").select("rank", "text")
        self.sets = texts.mapInArrow(_shingle, "rank long, shingles array<long>")
        self.local: pa.ListArray | None = None
        if len(members) <= DRIVER_CANDIDATES:
            table = self.sets.toArrow().sort_by("rank")
            self.local = table.column("shingles").combine_chunks()
        else:
            self.sets = lake.computed(self.sets)

    def measure(self, left: Ints, right: Ints) -> tuple[Floats, Floats]:
        """Jaccard similarity and containment of pairs of ranks."""
        from lakeprep.kernels.minhash import jaccard_containment

        if self.local is None:
            return self._measure_in_spark(left, right)
        parts = [
            jaccard_containment(
                self.local.take(pa.array(left[at : at + _CHUNK])),
                self.local.take(pa.array(right[at : at + _CHUNK])),
            )
            for at in range(0, len(left), _CHUNK)
        ]
        return np.concatenate([p[0] for p in parts]), np.concatenate([p[1] for p in parts])

    def _measure_in_spark(self, left: Ints, right: Ints) -> tuple[Floats, Floats]:
        pairs = self.spark.createDataFrame(
            pa.table({"pair": np.arange(len(left)), "left": left, "right": right})
        )
        lefts = self.sets.selectExpr("rank AS left", "shingles AS left_shingles")
        rights = self.sets.selectExpr("rank AS right", "shingles AS right_shingles")
        joined = pairs.join(lefts, "left").join(rights, "right")
        measured = (
            joined.select("pair", "left_shingles", "right_shingles")
            .mapInArrow(_compare, "pair long, jaccard double, containment double")
            .toArrow()
            .sort_by("pair")
        )
        return measured.column("jaccard").to_numpy(), measured.column("containment").to_numpy()


def _shingle(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    from lakeprep.kernels.minhash import shingle_sets

    for batch in batches:
        sets = shingle_sets(batch.column("text"))
        yield pa.RecordBatch.from_arrays(
            [pc.cast(batch.column("rank"), pa.int64()), sets], ["rank", "shingles"]
        )


def _compare(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    from lakeprep.kernels.minhash import jaccard_containment

    for batch in batches:
        jaccard, containment = jaccard_containment(
            batch.column("left_shingles"), batch.column("right_shingles")
        )
        yield pa.RecordBatch.from_arrays(
            [batch.column("pair"), pa.array(jaccard), pa.array(containment)],
            ["pair", "jaccard", "containment"],
        )
