"""What characters are: flags, classes of bytes, the characters beside a place, and the white space
at the ends of a stretch."""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

from lakeprep.kernels import unicode as u
from lakeprep.kernels.compiled import helper, hot_helper
from lakeprep.kernels.utf8 import ByteArray, decode
from lakeprep.kernels.vectors import WINDOW, digits_at, letters_at, trailing_zeros

FlagTable = npt.NDArray[np.uint32]

ZERO_WIDTH_SPACE: Final = 0x200B
APOSTROPHE: Final = 0x2019
EN_DASH: Final = 0x2013
EM_DASH: Final = 0x2014
NOTHING: Final = 0x20  # stands for the character before the first or after the last

WORD_OR_JOINED: Final = np.uint32(u.WORD | u.JOINED)
IDEOGRAPH: Final = np.uint32(u.IDEOGRAPH)
JOINED: Final = np.uint32(u.JOINED)
SPACE: Final = np.uint32(u.SPACE)
LETTER: Final = np.uint32(u.LETTER)
NUMBER: Final = np.uint32(u.NUMBER)
UPPER: Final = np.uint32(u.UPPER)
LOWER: Final = np.uint32(u.LOWER)
SYMBOL: Final = np.uint32(u.SYMBOL)
TERMINAL: Final = np.uint32(u.TERMINAL)
PUNCTUATION: Final = np.uint32(u.PUNCTUATION)
AFFIX: Final = np.uint32(u.AFFIX)
PARTING: Final = np.uint32(u.PARTING)
PREFIX: Final = np.uint32(u.PREFIX)
ALONE: Final = np.uint32(u.ALONE)
FOREIGN: Final = np.uint32(u.PARTING | u.PUNCTUATION)
NO_BITS: Final = np.uint32(0)

# What a byte is by itself, as bits; 0 for bytes beyond ASCII.
WORD_BYTE: Final = 1
SPACE_BYTE: Final = 2
LETTER_BYTE: Final = 4
DIGIT_BYTE: Final = 8
UPPER_BYTE: Final = 16
AFFIX_BYTE: Final = 32
PREFIX_BYTE: Final = 64
BYTE_CLASS: Final = np.array(
    [
        WORD_BYTE * chr(b).isalnum()
        + SPACE_BYTE * chr(b).isspace()
        + LETTER_BYTE * chr(b).isalpha()
        + DIGIT_BYTE * chr(b).isdecimal()
        + UPPER_BYTE * chr(b).isupper()
        + AFFIX_BYTE * (chr(b) in u.ASCII_AFFIXES)
        + PREFIX_BYTE * (chr(b) in u.ASCII_PREFIXES)
        if b < 128
        else 0
        for b in range(256)
    ],
    dtype=np.uint8,
)
LETTER_AND_DIGIT: Final = LETTER_BYTE | DIGIT_BYTE


@helper
def code_point(data: ByteArray, at: int, end: int) -> tuple[int, int]:
    """`decode`, where a call is cheaper than a copy of it."""
    return decode(data, at, end)


@helper
def point_before(data: ByteArray, first: int, at: int) -> int:
    """The code point that ends at `at`; NOTHING at the text's begin or after a zero-width space."""
    here = at - 1
    if here < first:
        return NOTHING
    while here > first and here > at - 4 and (data[here] & 0xC0) == 0x80:
        here -= 1
    point, _ = code_point(data, here, at)
    return NOTHING if point == ZERO_WIDTH_SPACE else point


@helper
def point_after(data: ByteArray, at: int, end: int) -> int:
    """The code point at `at`, NOTHING at the text's end."""
    if at >= end:
        return NOTHING
    point, _ = code_point(data, at, end)
    return NOTHING if point == ZERO_WIDTH_SPACE else point


@hot_helper
def last_point(data: ByteArray, start: int, end: int) -> tuple[int, int]:
    """The last character of a stretch that is not empty, and where it begins."""
    last = end - 1
    while last > start and (data[last] & 0xC0) == 0x80:
        last -= 1
    point, _ = decode(data, last, end)
    return point, last


@helper
def strip_start(data: ByteArray, start: int, end: int, flags: FlagTable) -> int:
    """Where a stretch begins without the white space (str.isspace) at its beginning; `end` if there
    is nothing else."""
    while start < end:
        point, after = decode(data, start, end)
        if (flags[point] & SPACE) == NO_BITS:
            break
        start = after
    return start


@helper
def strip_end(data: ByteArray, start: int, end: int, flags: FlagTable) -> int:
    """Where a stretch ends without the white space (str.isspace) at its end; `start` if there is
    nothing else."""
    while end > start:
        point, last = last_point(data, start, end)
        if (flags[point] & SPACE) == NO_BITS:
            break
        end = last
    return end


@hot_helper
def joined_end(data: ByteArray, at: int, end: int, flags: FlagTable) -> int:
    """Where the marks and format characters end that stand from `at` on; `at` if none does. A
    zero-width space is none of them."""
    while at < end and data[at] >= 0xC0:
        point, after = decode(data, at, end)
        if (flags[point] & JOINED) == NO_BITS or point == ZERO_WIDTH_SPACE:
            break
        at = after
    return at


@helper
def is_digit(point: int) -> bool:
    """Whether it is an ASCII digit."""
    return 0x30 <= point <= 0x39


@helper
def is_word(own: np.uint32) -> bool:
    """Whether words are made of such characters; ideographs are tokens of their own."""
    return bool((own & WORD_OR_JOINED) != NO_BITS and (own & IDEOGRAPH) == NO_BITS)


@helper
def is_quote(point: int, own: np.uint32) -> bool:
    """Whether it is a quotation mark, or punctuation beyond ASCII."""
    if point < 0x80:
        return point == 0x22 or point == 0x27 or point == 0x60
    return bool((own & AFFIX) != NO_BITS)


@helper
def long_run_end(data: ByteArray, start: int, end: int) -> tuple[int, int]:
    """`run_end`, byte by byte."""
    at, seen = start, 0
    while at < end and (BYTE_CLASS[data[at]] & WORD_BYTE) != 0:
        seen |= BYTE_CLASS[data[at]]
        at += 1
    return at, seen & LETTER_AND_DIGIT


@hot_helper
def run_end(data: ByteArray, start: int, end: int) -> tuple[int, int]:
    """Where the ASCII letters and digits end that stand from `start` on, and which of
    LETTER_AND_DIGIT they are."""
    if start + WINDOW <= end:
        letters, digits = letters_at(data, start), digits_at(data, start)
        size: int = trailing_zeros(~(letters | digits))
        if size < WINDOW:
            run = (1 << size) - 1
            seen = ((letters & run) != 0) * LETTER_BYTE + ((digits & run) != 0) * DIGIT_BYTE
            return start + size, seen
    return long_run_end(data, start, end)
