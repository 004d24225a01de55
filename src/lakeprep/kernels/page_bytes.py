"""What bytes tell before anyone makes a string of them: whether they are UTF-8, look like text, or
hold what has to be repaired."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from lakeprep.kernels.compiled import BYTES, I64_TABLE, helper, kernel
from lakeprep.kernels.utf8 import ByteArray, byte_at, decode
from lakeprep.kernels.vectors import WINDOW, trailing_zeros, wide_at

#: What `utf8_kind` finds.
ASCII, UTF8, NEITHER = range(3)


@helper
def _next_wide(data: ByteArray, start: int) -> int:
    """Position of the next byte above 127 from `start` on; the end of the data if there is none."""
    size = len(data)
    i = start
    while i + WINDOW <= size:
        found = wide_at(data, i)
        if found:
            return i + int(trailing_zeros(found))
        i += WINDOW
    while i < size and data[i] < 0x80:
        i += 1
    return i


@helper
def _end_of_character(data: ByteArray, at: int) -> int:
    """Position after the character beyond ASCII that begins at `at`; `at` if none does (Unicode
    16, table 3-7)."""
    first = byte_at(data, at)
    if first < 0xC2 or first > 0xF4:
        return at
    size = 2 if first < 0xE0 else 3 if first < 0xF0 else 4
    if at + size > len(data):
        return at
    second = byte_at(data, at + 1)
    least = 0xA0 if first == 0xE0 else 0x90 if first == 0xF0 else 0x80
    most = 0x9F if first == 0xED else 0x8F if first == 0xF4 else 0xBF
    if second < least or second > most:
        return at
    for i in range(at + 2, at + size):
        if byte_at(data, i) & 0xC0 != 0x80:
            return at
    return at + size


@kernel(f"int64({BYTES})")
def utf8_kind(data: ByteArray) -> int:
    """Whether the bytes are ASCII, other UTF-8, or NEITHER."""
    size = len(data)
    i = _next_wide(data, 0)
    if i == size:
        return ASCII
    while i < size:
        end = _end_of_character(data, i)
        if end == i:
            return NEITHER
        i = end if end < size and data[end] >= 0x80 else _next_wide(data, end)
    return UTF8


@kernel(f"int64({BYTES}, int64, int64, {I64_TABLE})")
def total(data: ByteArray, start: int, end: int, worth: npt.NDArray[np.int64]) -> int:
    """Sum of what each byte of data[start:end] is worth."""
    found = 0
    for i in range(start, end):
        found += worth[data[i]]
    return found


@kernel(f"int64({BYTES}, {BYTES})")
def marks_of(data: ByteArray, marks: ByteArray) -> int:
    """The marks, bit by bit, of all characters of UTF-8 `data`. `marks` are those of code points
    below 0x10000; others have none, nor has an `&` with which no entity begins."""
    size = len(data)
    found = 0
    i = 0
    while i < size:
        byte = byte_at(data, i)
        if byte >= 0x80:
            point, i = decode(data, i, size)
            if point < 0x10000:
                found |= byte_at(marks, point)
            continue
        i += 1
        if byte == 38 and i < size:
            after = byte_at(data, i)
            if after != 35 and not 97 <= after | 32 <= 122:
                continue
        found |= byte_at(marks, byte)
    return found
