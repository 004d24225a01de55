"""Bytes inside kernels, eight at a time: load, store, hash, compare, count code points."""

from __future__ import annotations

from typing import Final

import numpy as np

from lakeprep.kernels.compiled import helper, hot_helper
from lakeprep.kernels.utf8 import MIX_1, MIX_2, ByteArray

BLOCK: Final = 8
BYTE_MASK: Final = np.uint64(0xFF)
ALL_BITS: Final = np.uint64(0xFFFFFFFFFFFFFFFF)
SHIFT_32: Final = np.uint64(32)


@hot_helper
def load(data: ByteArray, at: int) -> np.uint64:
    """The eight bytes at `at`, the first one lowest. The compiler makes one load of it; unsigned
    indices, because signed ones would be tested for being negative."""
    i = np.uint64(at)
    return (
        np.uint64(data[i])
        | np.uint64(data[i + np.uint64(1)]) << np.uint64(8)
        | np.uint64(data[i + np.uint64(2)]) << np.uint64(16)
        | np.uint64(data[i + np.uint64(3)]) << np.uint64(24)
        | np.uint64(data[i + np.uint64(4)]) << np.uint64(32)
        | np.uint64(data[i + np.uint64(5)]) << np.uint64(40)
        | np.uint64(data[i + np.uint64(6)]) << np.uint64(48)
        | np.uint64(data[i + np.uint64(7)]) << np.uint64(56)
    )


@hot_helper
def store(data: ByteArray, at: int, block: np.uint64) -> None:
    """Writes what `load` reads."""
    i = np.uint64(at)
    data[i] = np.uint8(block & BYTE_MASK)
    data[i + np.uint64(1)] = np.uint8(block >> np.uint64(8) & BYTE_MASK)
    data[i + np.uint64(2)] = np.uint8(block >> np.uint64(16) & BYTE_MASK)
    data[i + np.uint64(3)] = np.uint8(block >> np.uint64(24) & BYTE_MASK)
    data[i + np.uint64(4)] = np.uint8(block >> np.uint64(32) & BYTE_MASK)
    data[i + np.uint64(5)] = np.uint8(block >> np.uint64(40) & BYTE_MASK)
    data[i + np.uint64(6)] = np.uint8(block >> np.uint64(48) & BYTE_MASK)
    data[i + np.uint64(7)] = np.uint8(block >> np.uint64(56) & BYTE_MASK)


@hot_helper
def load_first(data: ByteArray, at: int, size: int) -> np.uint64:
    """The `size` (0 to 8) bytes at `at`, then zeros. Reads no byte beyond the array."""
    if size == 0:
        return np.uint64(0)
    if at + BLOCK <= len(data):
        return load(data, at) & (ALL_BITS >> np.uint64(64 - 8 * size))
    block = np.uint64(0)
    for i in range(size):
        block |= np.uint64(data[at + i]) << np.uint64(8 * i)
    return block


@hot_helper
def stir(value: np.uint64) -> np.uint64:
    """A cheap bijection after which the upper bits depend on all."""
    value = value * MIX_1
    return value ^ (value >> SHIFT_32)


@hot_helper
def hash_bytes(data: ByteArray, at: int, size: int) -> np.uint64:
    """64 bits for finding equal stretches; whoever needs certainty compares the bytes."""
    if size <= BLOCK:
        return stir(load_first(data, at, size)) * MIX_2
    value = np.uint64(size)
    done = 0
    while done + BLOCK < size:
        value = stir(value ^ load(data, at + done))
        done += BLOCK
    return stir(value ^ load(data, at + size - BLOCK)) * MIX_2


@helper
def equal_bytes(data: ByteArray, left: int, right: int, size: int) -> bool:
    """Whether two stretches of `size` bytes are equal."""
    if size < BLOCK:
        return bool(load_first(data, left, size) == load_first(data, right, size))
    done = 0
    while done + BLOCK < size:
        if load(data, left + done) != load(data, right + done):
            return False
        done += BLOCK
    return bool(load(data, left + size - BLOCK) == load(data, right + size - BLOCK))


@helper
def code_points(data: ByteArray, start: int, end: int) -> int:
    """Code points of UTF-8: the bytes that continue none."""
    count = 0
    for at in range(start, end):
        count += (data[at] & 0xC0) != 0x80
    return count
