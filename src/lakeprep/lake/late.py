"""Late materialization: a large column is read by the Python worker that wants it.

Spark hands a body over by way of rows: decoded, copied into a row, from there into Arrow, through a
socket. So Spark reads only the place of each row, and the worker reads the column at that place of
the same Parquet file. Which rows there are says Iceberg (`_file`, `_pos`), so that snapshots and
deleted rows are its own affair.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator
from itertools import accumulate, pairwise
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from lakeprep.lake.files import local_path

#: Iceberg's columns that say where a row is.
PLACE: Final = ("_file", "_pos")
#: Rows that are decoded at a time: of bodies of 50 MB there is room for so many.
_ROWS: Final = 16


def with_column(
    batches: Iterable[pa.RecordBatch], column: str, most_bytes: int
) -> Iterator[pa.RecordBatch]:
    """The rows of `batches` in their order, with `column` instead of their `PLACE`.

    A batch comes back in parts, each ending where its values have reached `most_bytes`. Fast where
    rows come in the order of their files, as a scan gives them; right in any order.

    Raises:
        LookupError: a file has no such row.
    """
    reader = _Reader(column)
    for batch in batches:
        files, rows = (batch.column(name) for name in PLACE)
        rest = batch.drop_columns(list(PLACE))
        begun = end = size = 0
        values: list[pa.Array] = []
        for found in reader.read(files, rows.to_numpy()):
            values.append(found)
            end += len(found)
            size += found.nbytes
            if size >= most_bytes or end == batch.num_rows:
                part = rest.slice(begun, end - begun)
                yield part.append_column(column, pa.concat_arrays(values))
                begun, size, values = end, 0, []


class _Reader:
    """A column of Parquet files. It remembers where it is: what comes next is most often what is
    wanted next."""

    def __init__(self, column: str) -> None:
        self._column = column
        self._name = ""
        self._group = -1
        self._first = self._next = 0

    def read(self, files: pa.Array, rows: npt.NDArray[np.int64]) -> Iterator[pa.Array]:
        """Values at these rows of these files, a few at a time."""
        names = files.dictionary_encode()
        changes = np.flatnonzero(np.diff(names.indices.to_numpy())) + 1
        for begin, end in pairwise([0, *changes.tolist(), len(rows)]):
            if begin < end:
                self._open(files[begin].as_py())
            while begin < end:
                self._move_to(int(rows[begin]))
                places = rows[begin:end] - self._first
                outside = (places < 0) | (places >= len(self._values))
                places = places[: int(np.argmax(outside))] if outside.any() else places
                yield _at(self._values, places)
                begin += len(places)

    def _open(self, name: str) -> None:
        if name == self._name:
            return
        # Mapped: what is read is decompressed from where the system holds it.
        self._file = pq.ParquetFile(local_path(name), memory_map=True)
        groups = range(self._file.num_row_groups)
        counts = (self._file.metadata.row_group(group).num_rows for group in groups)
        self._starts = [0, *accumulate(counts)]
        self._name, self._group = name, -1

    def _move_to(self, row: int) -> None:
        """Have the values around `row`, which begin at row `_first`."""
        group = bisect_right(self._starts, row) - 1
        if not 0 <= group < self._file.num_row_groups:
            raise LookupError(f"{self._name} has no row {row}")
        if group != self._group or row < self._first:
            self._chunks = self._file.iter_batches(
                _ROWS, row_groups=[group], columns=[self._column], use_threads=False
            )
            self._group, self._next = group, self._starts[group]
        while row >= self._next:
            self._values = next(self._chunks).column(0)
            self._first, self._next = self._next, self._next + len(self._values)


def _at(values: pa.Array, places: npt.NDArray[np.int64]) -> pa.Array:
    """`values` at these places; not copied if they are one after the other."""
    first, count = int(places[0]), len(places)
    if np.array_equal(places, np.arange(first, first + count)):
        return values.slice(first, count)
    return values.take(pa.array(places))
