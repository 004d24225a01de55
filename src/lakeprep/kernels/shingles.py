"""Shingles of a text: RULES.md section 9.

A text is folded code point by code point (`unicode.UnicodeTables.fold`: lower case, NFD without
combining and format characters). What is neither letter, number nor mark separates; a number, with
single dots or commas inside, is the token ``0``; each letter of Han, Kana and Thai is a token of
its own; every other run is a token. A shingle is five consecutive tokens; a text of one to four
tokens is one shingle; a text without tokens has none.

Hash of a token: FNV-1a over its folded code points (32 bits a step), then MurmurHash3's 64-bit
finalizer. Hash of a shingle: the tokens' hashes chained (`chain`), begun with the number of
tokens, then the finalizer: 64 bits, for verification. Its upper 32 bits are what MinHash is fed.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

from lakeprep.kernels import unicode as u
from lakeprep.kernels.compiled import helper, hot_helper
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
ALPHABET: Final = np.uint64(26)
NO_BYTES: Final = np.uint64(0)
#: Unified ideographs of the basic plane: each is its own fold, and a token.
FIRST_HAN: Final = 0x4E00
LAST_HAN: Final = 0x9FFF


@hot_helper
def ascii_tokens(
    data: ByteArray,
    at: int,
    end: int,
    value: np.uint64,
    inside: int,
    count: int,
    out: UInt64Array,
) -> tuple[int, np.uint64, int, int]:
    """Goes over ASCII but digits: letters hash into `value`, all else ends a token (whose raw hash
    is written to `out`); returns where it stopped, `value`, `inside` (1 in a token) and `count`.

    The ends of words are what no processor foresees, so there is no branch on them: a letter
    keeps the new value, a separator the offset, and each byte writes what may be a token.
    """
    while at < end:
        mark = byte_at(data, at)
        if mark >= 0x80 or (mark >= 0x30 and mark <= 0x39):
            break
        letter = mark | 0x20
        is_letter = int(np.uint64(letter - 0x61) < ALPHABET)
        out[count] = value
        count += inside & (1 - is_letter)
        inside = is_letter
        keep = NO_BYTES - np.uint64(is_letter)
        value = (((value ^ np.uint64(letter)) * FNV_PRIME) & keep) | (FNV_OFFSET & ~keep)
        at += 1
    return at, value, inside, count


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
    """Writes the hashes of the text's tokens to `out` (longer than end - start: no code point makes
    more tokens than it has bytes, and a place more is written to); returns how many there are."""
    at, count, value, inside = start, 0, FNV_OFFSET, 0
    in_number = False
    while True:
        if not in_number:
            at, value, inside, count = ascii_tokens(data, at, end, value, inside, count, out)
        if at >= end:
            break
        # A dot or comma between two digits belongs to the number.
        within = in_number and (data[at] == 0x2E or data[at] == 0x2C) and at + 1 < end
        if within and 0x30 <= data[at + 1] <= 0x39:
            at += 1
            continue
        point, at = decode(data, at, end)
        folded = np.int64(point if FIRST_HAN <= point <= LAST_HAN else fold[point])
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
            han = FIRST_HAN <= folded <= LAST_HAN
            if han or folded == SPACE or (flags[folded] & IDEOGRAPH) != NO_BITS:
                out[count] = value
                count += inside
                value = FNV_OFFSET
                inside = 0
                in_number = False
                if folded != SPACE:
                    out[count] = (value ^ np.uint64(folded)) * FNV_PRIME
                    count += 1
            else:
                digit = folded == ZERO
                if not (digit and in_number):
                    value = (value ^ np.uint64(folded)) * FNV_PRIME
                inside = 1
                in_number = digit
            if row < 0 or place == 3:
                break
    out[count] = value
    count += inside
    for i in range(count):
        out[i] = mix(out[i])
    return count


@hot_helper
def chain(value: np.uint64, item: np.uint64) -> np.uint64:
    """One step of a hash of hashes: rotate, exclusive or, multiply."""
    return (((value << ROTATION) | (value >> BACK_ROTATION)) ^ item) * SHINGLE_FACTOR


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
            value = chain(value, tokens[first + i])
        out[first] = mix(value)
    return count - size + 1


@helper
def common_shingles(
    left: Int64Array, i: int, left_end: int, right: Int64Array, j: int, right_end: int
) -> int:
    """How many shingles two sets have in common, which are ascending stretches of two arrays."""
    common = 0
    while i < left_end and j < right_end:
        a, b = left[i], right[j]
        common += a == b
        i += a <= b
        j += b <= a
    return common
