"""Counts by name as Arrow maps."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
import pyarrow as pa


def counts_as_map(counts: Mapping[str, npt.NDArray[np.int64]], rows: int) -> pa.MapArray:
    """`map<string, int>` of the names with a count above 0, one map a row, names sorted.

    `counts`: one int64[rows] a name.
    """
    names = sorted(counts)
    table = np.stack([counts[name] for name in names], axis=1) if names else np.zeros((rows, 0))
    row, name = np.nonzero(table)
    offsets = np.searchsorted(row, np.arange(rows + 1)).astype(np.int32)
    return pa.MapArray.from_arrays(
        pa.array(offsets),
        pa.array([names[k] for k in name], type=pa.string()),
        pa.array(table[row, name], type=pa.int32()),
    )
