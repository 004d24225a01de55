"""What is looked for in lines: phrases, addresses, ellipses."""

from __future__ import annotations

import numpy as np

from lakeprep.kernels.compiled import helper
from lakeprep.kernels.utf8 import ByteArray


@helper
def begins_with(data: ByteArray, at: int, end: int, word: ByteArray) -> bool:
    """Whether lower-case ASCII `word` stands at `at`, in any case."""
    if end - at < len(word):
        return False
    for i in range(len(word)):
        byte = data[at + i]
        if 0x41 <= byte <= 0x5A:
            byte |= np.uint8(32)
        if byte != word[i]:
            return False
    return True


@helper
def scheme_ends(data: ByteArray, start: int, at: int, end: int) -> bool:
    """Whether the colon at `at` is that of ``http://`` or ``https://``."""
    if end - at < 3 or data[at + 1] != 0x2F or data[at + 2] != 0x2F:
        return False
    last = at - 1
    if last >= start and (data[last] | 32) == 0x73:
        last -= 1
    if last - 3 < start:
        return False
    return bool(
        (data[last] | 32) == 0x70
        and (data[last - 1] | 32) == 0x74
        and (data[last - 2] | 32) == 0x74
        and (data[last - 3] | 32) == 0x68
    )


@helper
def bare_address_ends(data: ByteArray, start: int, dot: int) -> bool:
    """Whether the dot is that of ``www.``, not after ``/ . @ - _`` or an ASCII letter or digit."""
    at = dot - 3
    if at < start or (data[dot - 1] | 32) != 0x77:
        return False
    if (data[at] | 32) != 0x77 or (data[at + 1] | 32) != 0x77:
        return False
    if at == start:
        return True
    before = data[at - 1]
    if 0x2D <= before <= 0x39 or before == 0x40 or before == 0x5F:
        return False
    before |= np.uint8(32)
    return not (0x61 <= before <= 0x7A)


@helper
def ends_in_ellipsis(data: ByteArray, start: int, end: int) -> bool:
    """Whether the bytes end in three dots or U+2026."""
    if end - start < 3:
        return False
    if data[end - 1] == 0x2E:
        return bool(data[end - 2] == 0x2E and data[end - 3] == 0x2E)
    return bool(data[end - 1] == 0xA6 and data[end - 2] == 0x80 and data[end - 3] == 0xE2)
