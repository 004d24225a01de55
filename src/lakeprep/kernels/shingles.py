"""Shingles of a text: RULES.md section 9.

A text is folded code point by code point (`unicode.UnicodeTables.fold`: lower case, NFD without
combining and format characters). What is neither letter, number nor mark separates; a number, with
single dots or commas inside, is the token ``0``; each letter of Han, Kana and Thai is a token of
its own; every other run is a token. A shingle is five consecutive tokens; a text of one to four
tokens is one shingle; a text without tokens has none.

Hash of a token: FNV-1a over its folded code points (32 bits a step), then MurmurHash3's 64-bit
finalizer. Hash of a shingle: the tokens' hashes chained by rotate, multiply and add, begun with
the number of tokens, then the finalizer: 64 bits, for verification. Its upper 32 bits are what
MinHash is fed.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

from lakeprep.kernels import unicode as u
from lakeprep.kernels.compiled import helper
from lakeprep.kernels.utf8 import FNV_OFFSET, FNV_PRIME, ByteArray, byte_at, decode, mix

Int64Array = npt.NDArray[np.int64]
UInt64Array = npt.NDArray[np.uint64]

SHINGLE_TOKENS: Final = 5
SHINGLE_FACTOR: Final = np.uint64(0x9E3779B97F4A7C15)
ROTATION: Final = np.uint64(27)
BACK_ROTATION: Final = np.uint64(37)

IDEOGRAPH: Final = np.uint32(u.IDEOGRAPH)
NO_BITS: Final = np.uint32(0)
SPACE: Final = 0x20
ZERO: Final = 0x30


@helper
def token_hashes(
    data: ByteArray,
    start: int,
    end: int,
    flags: npt.NDArray[np.uint32],
    fold: npt.NDArray[np.int32],
    sequences: npt.NDArray[np.int32],
    out: UInt64Array,
) -> int:
    """Writes the hashes of the text's tokens to `out` (at least end - start + 1 long); returns
    how many there are. No code point makes more tokens than it has bytes."""
    count = 0
    value = FNV_OFFSET
    inside = False
    in_number = False
    at = start
    while at < end:
        mark = byte_at(data, at)
        # A dot or comma between two digits belongs to the number.
        within = in_number and (mark == 0x2E or mark == 0x2C) and at + 1 < end
        if within and 0x30 <= data[at + 1] <= 0x39:
            at += 1
            continue
        point, at = decode(data, at, end)
        folded = np.int64(fold[point])
        if folded == u.FOLD_DROPPED:
            continue
        row = u.FOLD_SEQUENCE - folded
        place = 0
        while True:
            if row >= 0:
                folded = np.int64(sequences[row, place])
                place += 1
                if folded < 0:
                    break
            if folded == SPACE or (flags[folded] & IDEOGRAPH) != NO_BITS:
                if inside:
                    out[count] = mix(value)
                    count += 1
                    value = FNV_OFFSET
                    inside = False
                in_number = False
                if folded != SPACE:
                    out[count] = mix((value ^ np.uint64(folded)) * FNV_PRIME)
                    count += 1
            else:
                digit = folded == ZERO
                if not (digit and in_number):
                    value = (value ^ np.uint64(folded)) * FNV_PRIME
                inside = True
                in_number = digit
            if row < 0 or place == 3:
                break
    if inside:
        out[count] = mix(value)
        count += 1
    return count


@helper
def shingle_hashes(tokens: UInt64Array, count: int, out: UInt64Array) -> int:
    """Writes the hashes of the shingles of `count` tokens to `out`; returns how many. `out` may
    be `tokens` itself: shingle i is written after tokens i to i + 4 were read."""
    if count == 0:
        return 0
    size = min(count, SHINGLE_TOKENS)
    for first in range(count - size + 1):
        value = np.uint64(size)
        for i in range(size):
            value = (value << ROTATION) | (value >> BACK_ROTATION)
            value = (value ^ tokens[first + i]) * SHINGLE_FACTOR
        out[first] = mix(value)
    return count - size + 1
