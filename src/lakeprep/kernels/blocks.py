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
LOW_BITS: Final = np.uint64(0x0101010101010101)
LOW_SEVEN: Final = np.uint64(0x7F7F7F7F7F7F7F7F)
HIGH_BITS: Final = np.uint64(0x8080808080808080)
LOW_OF_PAIRS: Final = np.uint64(0x00FF00FF00FF00FF)
ONE_A_PAIR: Final = np.uint64(0x0001000100010001)
LINE_FEEDS: Final = np.uint64(0x0A0A0A0A0A0A0A0A)
NO_BITS: Final = np.uint64(0)


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
def hash_block(block: np.uint64, size: int) -> np.uint64:
    """`hash_bytes` of the first `size` (1 to 8) bytes of a block: different for different bytes."""
    return stir(block & (ALL_BITS >> np.uint64(64 - 8 * size))) * MIX_2


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


@helper
def points_and_feeds(data: ByteArray, start: int, end: int) -> tuple[int, int]:
    """Code points and line feeds, eight bytes at a time: one bit of each byte tells, the bytes of
    `points` and `feeds` add them up, and a multiplication adds those before they overflow."""
    all_points, all_feeds = 0, 0
    at = start
    while at + BLOCK <= end:
        points, feeds = np.uint64(0), np.uint64(0)
        for _ in range(min(255, (end - at) // BLOCK)):
            block = load(data, at)
            points += (~(block >> np.uint64(7)) | block >> np.uint64(6)) & LOW_BITS
            block ^= LINE_FEEDS
            feeds += ~(((block & LOW_SEVEN) + LOW_SEVEN) | block) >> np.uint64(7) & LOW_BITS
            at += BLOCK
        all_points += sum_of_bytes(points)
        all_feeds += sum_of_bytes(feeds)
    while at < end:
        all_points += (data[at] & 0xC0) != 0x80
        all_feeds += data[at] == 0x0A
        at += 1
    return all_points, all_feeds


@hot_helper
def sum_of_bytes(block: np.uint64) -> int:
    """The eight bytes of a block together."""
    pairs = (block & LOW_OF_PAIRS) + (block >> np.uint64(8) & LOW_OF_PAIRS)
    return int(np.int64(pairs * ONE_A_PAIR >> np.uint64(48)))
