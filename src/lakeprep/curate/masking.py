"""Personal data out of gold: every value replaced by a pure function of its kind and value."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from lakeprep.curate.passages import without_passages
from lakeprep.kernels.maps import counts_as_map
from lakeprep.lake.schema import table_schema

if TYPE_CHECKING:
    from pyspark.sql import DataFrame


def masked(documents: DataFrame, kinds: frozenset[str]) -> DataFrame:
    """Rows of the data set's table: `documents` (all its columns but `removed` and `pii`) without
    the passages marked in them (`curate/passages.py`), and with the personal data of `kinds` masked
    in text and title, and counted in `pii`."""
    schema = table_schema("gold.dataset")

    def run(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for batch in batches:
            yield _mask_batch(batch, kinds, schema.arrow())

    return documents.mapInArrow(run, schema.spark())


def _mask_batch(batch: pa.RecordBatch, kinds: frozenset[str], schema: pa.Schema) -> pa.RecordBatch:
    from lakeprep.kernels.masks import mask  # the workers', not the driver's

    columns = without_passages(batch)
    counts: dict[str, npt.NDArray[np.int64]] = {}
    for name in ("title", "text"):
        columns[name], found = mask(columns[name], kinds=kinds)
        for kind, number in found.items():
            counts[kind] = counts.get(kind, 0) + number
    columns["pii"] = counts_as_map(counts, batch.num_rows)
    return pa.RecordBatch.from_arrays(
        [columns[field.name].cast(field.type) for field in schema], schema=schema
    )
