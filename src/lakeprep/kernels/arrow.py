"""Borders between Arrow string arrays and the flat numpy arrays that kernels take."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pyarrow as pa

if TYPE_CHECKING:
    Int64Array = npt.NDArray[np.int64]
    ByteArray = npt.NDArray[np.uint8]


def string_buffers(array: pa.Array) -> tuple[Int64Array, ByteArray]:
    """The offsets (int64, n + 1) and bytes of a string or large_string array.

    The bytes are not copied; text i is ``data[offsets[i]:offsets[i + 1]]``, and the first offset
    need not be 0 (slices). A null counts as the empty string. Raises TypeError for another type.
    """
    if isinstance(array, pa.ChunkedArray):
        array = array.combine_chunks()
    large = pa.types.is_large_string(array.type)
    if not large and not pa.types.is_string(array.type):
        raise TypeError(f"kernels take string or large_string arrays, not {array.type}")
    if array.null_count:
        array = array.fill_null("")
    _, offset_buffer, data_buffer = array.buffers()
    width = np.int64 if large else np.int32
    if len(array) == 0 or offset_buffer is None:
        return np.zeros(len(array) + 1, dtype=np.int64), np.zeros(0, dtype=np.uint8)
    raw = np.frombuffer(offset_buffer, dtype=width)[array.offset : array.offset + len(array) + 1]
    offsets = np.ascontiguousarray(raw, dtype=np.int64)
    if data_buffer is None:
        return offsets, np.zeros(0, dtype=np.uint8)
    return offsets, np.frombuffer(data_buffer, dtype=np.uint8)


def longest(offsets: Int64Array) -> int:
    """Bytes of the longest text; what scratch is sized by."""
    return int(np.diff(offsets).max(initial=0))


def string_array(offsets: Int64Array, data: ByteArray) -> pa.Array:
    """A string array (large_string beyond 2 GiB) without nulls from offsets that begin at 0."""
    size = int(offsets[-1])
    large = size > np.iinfo(np.int32).max
    stored = offsets if large else offsets.astype(np.int32)
    return pa.Array.from_buffers(
        pa.large_string() if large else pa.string(),
        len(offsets) - 1,
        [None, pa.py_buffer(np.ascontiguousarray(stored)), pa.py_buffer(data[:size])],
    )


def int64_lists(offsets: Int64Array, values: Int64Array) -> pa.Array:
    """A list<int64> array from offsets (int64, n + 1, from 0) and flat values; large_list where
    32-bit offsets do not reach."""
    flat = pa.array(values, type=pa.int64())
    if int(offsets[-1]) > np.iinfo(np.int32).max:
        return pa.LargeListArray.from_arrays(pa.array(offsets), flat)
    return pa.ListArray.from_arrays(pa.array(offsets.astype(np.int32)), flat)


def list_buffers(array: pa.Array) -> tuple[Int64Array, Int64Array]:
    """The offsets (int64, n + 1) and flat values of a list<int64> array. A null counts as the
    empty list. Raises TypeError for another type."""
    if isinstance(array, pa.ChunkedArray):
        array = array.combine_chunks()
    is_list = pa.types.is_list(array.type) or pa.types.is_large_list(array.type)
    if not is_list or not pa.types.is_int64(array.type.value_type):
        raise TypeError(f"kernels take lists of int64, not {array.type}")
    if array.null_count:
        array = array.fill_null(pa.scalar([], type=array.type))
    if len(array) == 0:
        return np.zeros(1, dtype=np.int64), np.zeros(0, dtype=np.int64)
    offsets = np.ascontiguousarray(array.offsets.to_numpy(zero_copy_only=False), dtype=np.int64)
    return offsets, np.ascontiguousarray(array.values.to_numpy(zero_copy_only=False), np.int64)
