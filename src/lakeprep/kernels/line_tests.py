"""What the line editor asks of one line: words, its end, and phrases (RULES.md section 4)."""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

from lakeprep.kernels import unicode as u
from lakeprep.kernels.compiled import helper
from lakeprep.kernels.line_marks import begins_with
from lakeprep.kernels.utf8 import ByteArray, decode

FlagTable = npt.NDArray[np.uint32]

LONGEST_WORD: Final = 1_000  # code points, as in C4's own code
FEWEST_WORDS: Final = 3

SPACE: Final = np.uint32(u.SPACE)
NO_BITS: Final = np.uint32(0)


def ascii_bytes(word: str) -> ByteArray:
    return np.frombuffer(word.encode(), dtype=np.uint8)


def first_bytes(chars: str) -> ByteArray:
    """1 for the bytes that one of the characters begins with."""
    table = np.zeros(256, dtype=np.uint8)
    table[[char.encode()[0] for char in chars]] = 1
    table.setflags(write=False)
    return table


# The rarest letter of each phrase; the Kelvin sign is a k in lower case.
TRIGGERS: Final = first_bytes("kKvVmM{\u212a")
LOREM: Final = ascii_bytes("lorem ipsum")
JAVASCRIPT: Final = ascii_bytes("javascript")
TERMS: Final = ascii_bytes("terms of use")
PRIVACY: Final = ascii_bytes("privacy policy")
COO: Final = ascii_bytes("coo")
IE_POLICY: Final = ascii_bytes("ie policy")
IES: Final = ascii_bytes("ies")
USES: Final = ascii_bytes("uses ")
USE_OF: Final = ascii_bytes("use of ")
USE: Final = ascii_bytes("use ")


@helper
def cookie_phrase(data: ByteArray, start: int, at: int, end: int) -> bool:
    """Whether the k at `at` is that of "cookie policy" or of a phrase that ends in "cookies"."""
    after = at + 1 if data[at] < 0x80 else at + 3
    if at - 3 < start or not begins_with(data, at - 3, end, COO):
        return False
    if begins_with(data, after, end, IE_POLICY):
        return True
    if not begins_with(data, after, end, IES):
        return False
    begin = at - 3
    return bool(
        (begin - 5 >= start and begins_with(data, begin - 5, begin, USES))
        or (begin - 7 >= start and begins_with(data, begin - 7, begin, USE_OF))
        or (begin - 4 >= start and begins_with(data, begin - 4, begin, USE))
    )


@helper
def phrases(data: ByteArray, start: int, end: int, triggers: ByteArray) -> tuple[bool, bool, bool]:
    """Steps 5 to 8 on a line: is it to be dropped, has it lorem ipsum, has it a bracket."""
    lorem, script, bracket, policy = False, False, False, False
    for at in range(start, end):
        if not triggers[data[at]]:
            continue
        byte = data[at]
        before = data[at - 1] | 32 if at > start else np.uint8(0)
        if byte == 0x7B:
            bracket = True
        elif (byte | 32) == 0x6D:
            if before == 0x65:  # e
                lorem |= at - 4 >= start and begins_with(data, at - 4, end, LOREM)
            elif before == 0x72:  # r
                policy |= at - 3 >= start and begins_with(data, at - 3, end, TERMS)
        elif (byte | 32) == 0x76:
            if before == 0x61:  # a
                script |= at - 2 >= start and begins_with(data, at - 2, end, JAVASCRIPT)
            elif before == 0x69:  # i
                policy |= at - 3 >= start and begins_with(data, at - 3, end, PRIVACY)
        elif before == 0x6F:  # o
            kelvin = byte == 0xE2 and data[at + 1] == 0x84 and data[at + 2] == 0xAA
            if byte != 0xE2 or kelvin:
                policy |= cookie_phrase(data, start, at, end)
    return script or policy, lorem, bracket and not script


@helper
def ends_well(data: ByteArray, start: int, end: int) -> bool:
    """Whether a line ends in one of ``. ? ! " '`` and not in three dots."""
    if end == start:
        return False
    last = data[end - 1]
    if last != 0x2E:
        return bool(last == 0x3F or last == 0x21 or last == 0x22 or last == 0x27)
    return bool(end - start < 3 or data[end - 2] != 0x2E or data[end - 3] != 0x2E)


@helper
def few_words(data: ByteArray, at: int, end: int, flags: FlagTable) -> bool:
    """Whether a line has less than FEWEST_WORDS words."""
    words, inside = 0, False
    while at < end and words < FEWEST_WORDS:
        if 0x20 < data[at] < 0x80:
            words += not inside
            inside = True
            at += 1
            continue
        point, at = decode(data, at, end)
        space = (flags[point] & SPACE) != NO_BITS
        words += not space and not inside
        inside = not space
    return words < FEWEST_WORDS


@helper
def has_long_word(data: ByteArray, at: int, end: int, flags: FlagTable) -> bool:
    """Whether a word of a line has more than LONGEST_WORD code points."""
    while end - at > LONGEST_WORD:
        # Most words are cleared by a blank less than LONGEST_WORD bytes ahead.
        ahead = at + LONGEST_WORD
        while ahead > at and data[ahead] != 0x20:
            ahead -= 1
        if ahead > at:
            at = ahead
            continue
        stop, points = at + LONGEST_WORD, 0
        while at < end and (at < stop or points > 0):
            point, at = decode(data, at, end)
            points = 0 if (flags[point] & SPACE) != NO_BITS else points + 1
            if points > LONGEST_WORD:
                return True
    return False
