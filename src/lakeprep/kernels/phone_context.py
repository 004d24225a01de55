"""What stands around a telephone number: helpers of `phones`."""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

from lakeprep.kernels.addresses import (
    is_alphanumeric,
    is_letter,
    latin_before,
    word_before,
    word_in,
    word_is,
)
from lakeprep.kernels.characters import is_digit
from lakeprep.kernels.compiled import helper
from lakeprep.kernels.utf8 import ByteArray

Int64Array = npt.NDArray[np.int64]
FlagTable = npt.NDArray[np.uint32]

CONTEXT_BYTES: Final = 40


@helper
def announced(
    data: ByteArray, start: int, at: int, words: ByteArray, first_bytes: ByteArray, seen: Int64Array
) -> bool:
    """Whether one of `words` (each ended by a zero byte, ASCII letters in any case) begins in the
    40 bytes before `at`, not in the middle of an ASCII word. `first_bytes` marks the bytes they
    begin with. `seen` holds how far the data were looked through and where the last such word
    began, so that no byte is looked at twice; it begins with (0, -1)."""
    begin = max(start, at - CONTEXT_BYTES)
    here = max(begin, seen[0])
    while here < at:
        if first_bytes[data[here]] and not (
            here > start and is_letter(data[here]) and is_letter(data[here - 1])
        ):
            first = 0
            for i in range(len(words)):
                if words[i] == 0:
                    stop = here + i - first
                    cut = stop < at and is_letter(data[stop]) and is_letter(data[stop - 1])
                    if stop <= at and not cut and word_is(data, here, stop, words, first, i):
                        seen[1] = here
                        break
                    first = i + 1
        here += 1
    seen[0] = max(seen[0], at)
    return bool(seen[1] >= begin)


@helper
def extension_end(data: ByteArray, at: int, end: int) -> int:
    """Where an extension (x123, ext. 123) after a number ends; `at` if there is none."""
    here = at
    while here < end and here - at < 2 and data[here] == 0x20:
        here += 1
    if here + 1 >= end:
        return at
    if (data[here] | 32) == 0x78:
        here += 1
    elif here + 3 < end and (data[here] | 32) == 0x65:
        if (data[here + 1] | 32) != 0x78 or (data[here + 2] | 32) != 0x74:
            return at
        here += 3
        if data[here] == 0x2E:
            here += 1
    else:
        return at
    if here < end and data[here] == 0x20:
        here += 1
    digits = here
    while here < end and is_digit(data[here]) and here - digits < 6:
        here += 1
    if here == digits or (here < end and is_alphanumeric(data[here])):
        return at
    return here


@helper
def may_begin(data: ByteArray, start: int, at: int, flags: FlagTable, refusing: ByteArray) -> bool:
    """Whether what stands before `at` lets a number begin there. `refusing` are words that say
    that another kind of number follows (isbn, doi)."""
    if at == start:
        return True
    before = data[at - 1]
    if is_alphanumeric(before) or latin_before(data, start, at, flags):
        return False
    # # $ % + - . / = @ _ and the pound and yen signs, whose last bytes no letter before ends in
    if 0x23 <= before <= 0x25 or before == 0x2B or 0x2D <= before <= 0x2F:
        return False
    if before == 0x3D or before == 0x40 or before == 0x5F or before == 0x5C:
        return False
    if (before == 0x2C or before == 0x3A) and at - start > 1 and is_digit(data[at - 2]):
        return False
    if before in (0xA3, 0xA5) and at - start > 1 and data[at - 2] == 0xC2:
        return False
    if before == 0xAC and at - start > 2 and data[at - 2] == 0x82 and data[at - 3] == 0xE2:
        return False
    first, stop = word_before(data, start, at)
    return not word_in(data, first, stop, refusing)


@helper
def may_end(data: ByteArray, at: int, end: int) -> bool:
    """Whether what stands behind a number lets it end at `at`."""
    if at >= end:
        return True
    byte = data[at]
    if is_alphanumeric(byte) or byte == 0x5F or byte == 0x40 or byte == 0x25 or byte == 0x3D:
        return False
    if byte == 0x2D or byte == 0x2E or byte == 0x2C or byte == 0x3A:
        return (
            at + 1 >= end
            or not is_alphanumeric(data[at + 1])
            or (byte != 0x2D and is_letter(data[at + 1]))
        )
    return True


@helper
def is_fictional(data: ByteArray, start: int, end: int) -> bool:
    """Whether a number is one that masking writes: ``+1-NXX-555-01XX``."""
    if end - start != 15 or data[start] != 0x2B or data[start + 1] != 0x31:
        return False
    dashes = data[start + 2] == 0x2D and data[start + 6] == 0x2D and data[start + 10] == 0x2D
    fives = data[start + 7] == 0x35 and data[start + 8] == 0x35 and data[start + 9] == 0x35
    return bool(dashes and fives and data[start + 11] == 0x30 and data[start + 12] == 0x31)
