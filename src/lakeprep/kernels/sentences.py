"""Sentences of one line, without cutting all of it into tokens.

The definition is that of the signal `sentence_count`: a sentence begins at the first token and at
the first token after a terminal mark that is not itself punctuation. Only the surroundings of a
character that may be such a mark are tokenized.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

from lakeprep.kernels import unicode as u
from lakeprep.kernels.compiled import helper
from lakeprep.kernels.utf8 import ByteArray, decode
from lakeprep.kernels.words import IS_TERMINAL, begins_sentence, kind_of, next_token

FlagTable = npt.NDArray[np.uint32]

TERMINAL: Final = np.uint32(u.TERMINAL)
WORD: Final = np.uint32(u.WORD)
JOINED: Final = np.uint32(u.JOINED)
PARTING: Final = np.uint32(u.PARTING)
NO_BITS: Final = np.uint32(0)


def _first_bytes() -> npt.NDArray[np.uint8]:
    """1 for the bytes that a terminal mark begins with."""
    table = np.zeros(256, dtype=np.uint8)
    points = np.flatnonzero(u.tables().flags & u.TERMINAL)
    table[[chr(point).encode()[0] for point in points]] = 1
    table.setflags(write=False)
    return table


TERMINAL_BYTES: Final = _first_bytes()


@helper
def token_kind(data: ByteArray, start: int, end: int, flags: FlagTable) -> int:
    """A token's kind, which `measure` finds with more."""
    seen, common = NO_BITS, ~NO_BITS
    at, points = start, 0
    while at < end:
        point, at = decode(data, at, end)
        seen |= flags[point]
        common &= flags[point]
        points += 1
    return kind_of(seen, common, points)


@helper
def token_after(
    data: ByteArray, first: int, start: int, end: int, flags: FlagTable
) -> tuple[int, int, int]:
    """The next token (begin, stop), with its contraction, and its kind."""
    begin, split, stop, _ = next_token(data, first, start, end, flags)
    kind = 0 if split < stop else token_kind(data, begin, stop, flags)
    return begin, stop, kind


@helper
def stands_alone(data: ByteArray, point: int, after: int, end: int, flags: FlagTable) -> bool:
    """Whether a mark that ends at `after` is plainly a token of its own: it parts words wherever it
    stands, and no combining mark follows. False means: look closer."""
    if (flags[point] & PARTING) == NO_BITS:
        return False
    if after == end:
        return True
    following, _ = decode(data, after, end)
    return bool((flags[following] & JOINED) == NO_BITS)


@helper
def token_start(data: ByteArray, safe: int, at: int) -> int:
    """A place at or before `at` from which tokens are the same as from the start of the line."""
    while at > safe and data[at] != 0x20:
        at -= 1
    return at


@helper
def count_sentences(
    data: ByteArray, start: int, end: int, flags: FlagTable, terminal_bytes: ByteArray
) -> int:
    """Sentences of ``data[start:end]``. Reads each byte a bounded number of times."""
    count, boundary = 0, True
    # No token runs across `safe`, and none before it is still to be looked at.
    safe, at = start, start
    while at < end:
        if boundary:
            if data[at] == 0x20:
                safe = at
                at += 1
                continue
            point, _ = decode(data, at, end)
            if (flags[point] & WORD) != NO_BITS:  # whatever token begins here, it is a word
                count += 1
                boundary = False
                continue
            begin, at, kind = token_after(data, start, safe, end, flags)
            if begin < at and begins_sentence(kind, count):
                count += 1
                boundary = (kind & IS_TERMINAL) != 0
            safe = at
            continue
        while at < end and not terminal_bytes[data[at]]:
            at += 1
        if at == end:
            break
        point, after = decode(data, at, end)
        if (flags[point] & TERMINAL) == NO_BITS:
            at = after
        elif stands_alone(data, point, after, end, flags):
            boundary = True
            at = after
            safe = after
        else:
            mark = at
            at = token_start(data, safe, at)
            while at <= mark:
                _, at, kind = token_after(data, start, at, end, flags)
                # The token that reaches the mark is the first that may be one.
                boundary = (kind & IS_TERMINAL) != 0
            safe = at
    return count
