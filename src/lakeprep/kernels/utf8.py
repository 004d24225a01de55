"""Reading UTF-8 and hashing inside kernels."""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

from lakeprep.kernels.compiled import helper, hot_helper

ByteArray = npt.NDArray[np.uint8]

# Odd 64-bit constants: FNV-1a's prime and offset, and the multipliers of MurmurHash3's finalizer.
FNV_OFFSET: Final = np.uint64(0xCBF29CE484222325)
FNV_PRIME: Final = np.uint64(0x100000001B3)
MIX_1: Final = np.uint64(0xFF51AFD7ED558CCD)
MIX_2: Final = np.uint64(0xC4CEB9FE1A85EC53)
SHIFT_33: Final = np.uint64(33)

REPLACEMENT: Final = 0xFFFD  # what bytes that are no UTF-8 are read as


@hot_helper
def byte_at(data: ByteArray, at: int) -> int:
    """A byte as a signed number, so that arithmetic on it stays in integers."""
    return int(np.int64(data[at]))


@hot_helper
def decode(data: ByteArray, at: int, end: int) -> tuple[int, int]:
    """The code point that begins at `at`, and where the next one begins. Never reads at or
    beyond `end`; a byte that begins no sequence is read as U+FFFD."""
    first = byte_at(data, at)
    if first < 0x80:
        return first, at + 1
    if first < 0xC0:
        return REPLACEMENT, at + 1
    if first < 0xE0:
        if at + 1 >= end:
            return REPLACEMENT, end
        return (first & 0x1F) << 6 | (byte_at(data, at + 1) & 0x3F), at + 2
    if first < 0xF0:
        if at + 2 >= end:
            return REPLACEMENT, end
        high = (first & 0x0F) << 12 | (byte_at(data, at + 1) & 0x3F) << 6
        return high | (byte_at(data, at + 2) & 0x3F), at + 3
    if at + 3 >= end:
        return REPLACEMENT, end
    high = (first & 0x07) << 18 | (byte_at(data, at + 1) & 0x3F) << 12
    point = high | (byte_at(data, at + 2) & 0x3F) << 6 | (byte_at(data, at + 3) & 0x3F)
    return point if point <= 0x10FFFF else REPLACEMENT, at + 4


@hot_helper
def mix(value: np.uint64) -> np.uint64:
    """MurmurHash3's 64-bit finalizer: a bijection in which every bit matters to every other."""
    value = value ^ (value >> SHIFT_33)
    value = value * MIX_1
    value = value ^ (value >> SHIFT_33)
    value = value * MIX_2
    return value ^ (value >> SHIFT_33)


@helper
def same_bytes(left: ByteArray, i: int, right: ByteArray, j: int, size: int) -> bool:
    """Whether `size` bytes of one array are those of another. (`blocks.equal_bytes` is faster for
    two long stretches of one.)"""
    for at in range(size):  # noqa: SIM110 (Numba compiles no generator)
        if left[i + at] != right[j + at]:
            return False
    return True


@helper
def copy_bytes(source: ByteArray, start: int, size: int, target: ByteArray, at: int) -> None:
    """Copies `size` bytes from `start` to `at`. (An assignment of slices takes seconds to
    compile.)"""
    for i in range(size):
        target[at + i] = source[start + i]
