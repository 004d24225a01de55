"""How a chunk is parted into tokens: the rules of `words` for what no fast path there settles."""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

from lakeprep.kernels.characters import (
    AFFIX,
    AFFIX_BYTE,
    APOSTROPHE,
    BYTE_CLASS,
    DIGIT_BYTE,
    EM_DASH,
    EN_DASH,
    FOREIGN,
    IDEOGRAPH,
    JOINED,
    LETTER,
    LETTER_BYTE,
    LOWER,
    NO_BITS,
    NUMBER,
    PARTING,
    PREFIX,
    SPACE,
    UPPER,
    WORD_BYTE,
    ZERO_WIDTH_SPACE,
    FlagTable,
    code_point,
    is_digit,
    is_quote,
    is_word,
    joined_end,
    point_after,
    point_before,
    run_end,
)
from lakeprep.kernels.compiled import helper, hot_helper
from lakeprep.kernels.utf8 import ByteArray, byte_at


def packed(words: str) -> npt.NDArray[np.uint64]:
    """ASCII words of up to eight letters as little-endian numbers."""
    return np.array([int.from_bytes(word.encode(), "little") for word in words.split()], np.uint64)


# Units that part from the digits before them, and abbreviations that keep their dot.
UNITS: Final = packed(
    "m cm dm km mm nm ha in ft yd g kg mg t lb oz Pa hPa mbar mph kmh K G M T "
    "kb KB mb MB gb GB tb TB am pm"
)
ABBREVIATIONS: Final = packed(
    "Mr Mrs Ms Dr Prof St Jr Gov Gen Rep Rev Sen Inc Co Corp Ltd Bros "
    "Jan Feb Mar Apr Jun Jul Aug Sep Sept Oct Nov Dec vs"
)
CANNOT: Final = packed("cannot Cannot")


@helper
def is_one_of(data: ByteArray, start: int, end: int, words: npt.NDArray[np.uint64]) -> bool:
    """Whether the bytes are one of the `packed` words."""
    if end - start > 8:
        return False
    value = np.uint64(0)
    for i in range(end - start):
        value |= np.uint64(data[start + i]) << np.uint64(8 * i)
    for word in words:  # noqa: SIM110 (Numba compiles no generator)
        if word == value:
            return True
    return False


@helper
def opens(point: int, following: int, flags: FlagTable) -> bool:
    """Whether a mark that a chunk begins with is a token of its own."""
    if (flags[point] & PREFIX) != NO_BITS:
        return True
    if point == 0x2B:
        return not is_digit(following)
    return point == 0x2E and following == 0x2E


@helper
def parts(before: int, point: int, following: int, flags: FlagTable) -> bool:
    """Whether the mark `point` parts the characters around it, within a chunk."""
    if (flags[point] & PARTING) != NO_BITS:
        return True
    left, right = flags[before], flags[following]
    if point == 0x2E:
        if before == 0x2E or following == 0x2E:
            return True
        small = is_word(left) and (left & (UPPER | NUMBER)) == NO_BITS
        capital = (right & LETTER) != NO_BITS and (right & LOWER) == NO_BITS
        return (small or is_quote(before, left)) and (capital or is_quote(following, right))
    sign = point == 0x2B or point == 0x2D or point == 0x2A or point == 0x5E
    if sign and is_digit(before) and (is_digit(following) or following == 0x2D):
        return True
    if (right & LETTER) == NO_BITS:
        return False
    if point == 0x2C:
        return bool((left & LETTER) != NO_BITS)
    dash = point == 0x2D or point == 0x7E or point in (EN_DASH, EM_DASH)
    return (dash or point == 0x3A or point == 0x2F or 0x3C <= point <= 0x3E) and is_word(left)


@helper
def is_genitive(data: ByteArray, point: int, after: int, end: int, flags: FlagTable) -> bool:
    """Whether an apostrophe `point`, ending at `after`, begins a separate 's."""
    if (point != 0x27 and point != APOSTROPHE) or after >= end or (data[after] | 32) != 0x73:
        return False
    return not is_word(flags[point_after(data, after + 1, end)])


@helper
def dot_closes(before: int, before_that: int, flags: FlagTable) -> bool:
    """Whether a single dot at the end of a chunk is a token of its own. It stays after a letter
    that stands alone, and after a capital that follows no capital."""
    own = flags[before]
    if is_word(own):
        quote = before_that == 0x27 or before_that == APOSTROPHE  # don't.
        alone = not quote and not is_word(flags[before_that])
        if (own & LETTER) != NO_BITS and alone:
            return False
        return bool((own & UPPER) == NO_BITS or (flags[before_that] & UPPER) != NO_BITS)
    if before == 0x25 or before == 0x2B or before == 0x2D:
        return True
    return bool((own & AFFIX) != NO_BITS)


@helper
def closes(
    data: ByteArray, at: int, end: int, before: int, before_that: int, flags: FlagTable
) -> tuple[bool, int]:
    """Whether only marks that close stand from `at` (after the characters `before_that` and
    `before`) to the end of the chunk, and how far that was looked up."""
    while at < end:
        point, after = code_point(data, at, end)
        own = flags[point]
        if (own & (SPACE | IDEOGRAPH)) != NO_BITS or point == ZERO_WIDTH_SPACE:
            return True, at
        if (own & JOINED) != NO_BITS:
            pass
        elif point == 0x2E:
            dots = after
            while dots < end and data[dots] == 0x2E:
                dots += 1
            if dots > after:
                after, before = dots, point
            elif not dot_closes(before, before_that, flags):
                return False, at
        elif is_genitive(data, point, after, end, flags):
            before, point = point, 0x73
            after += 1
        elif (own & AFFIX) == NO_BITS:
            # Plus, percent and currencies only close after a digit.
            if not is_digit(before) or (point != 0x2B and (own & PREFIX) == NO_BITS):
                return False, at
            if point == 0x3D:
                return False, at
        before_that, before = before, point
        at = after
    return True, at


@hot_helper
def is_closing_byte(byte: int) -> bool:
    """Whether an ASCII byte may close a chunk: a dot, or a mark that is a token of its own."""
    return byte == 0x2E or (BYTE_CLASS[byte] & AFFIX_BYTE) != 0


@helper
def host_end(data: ByteArray, start: int, end: int) -> int:
    """Where ``name.name`` ends that begins at `start`, perhaps after ``scheme://`` or ``name@``;
    `start` if there is none. Its last name is two small letters or more."""
    at, host = start, start
    while at < end:
        at, _ = run_end(data, at, end)
        if at == end:
            break
        byte = data[at]
        if byte == 0x2E:
            if at == host or data[at - 1] == 0x2E:
                break
        elif byte == 0x40 and host == start:
            host = at + 1
        elif byte == 0x3A and host == start and at + 2 < end:
            if data[at + 1] != 0x2F or data[at + 2] != 0x2F:
                break
            at += 2
            host = at + 1
        elif byte != 0x2D and byte != 0x5F:
            break
        at += 1
    while at > host and (data[at - 1] == 0x2E or data[at - 1] == 0x5F):
        at -= 1
    dot = at - 1
    while dot > host and 0x61 <= data[dot] <= 0x7A:
        dot -= 1
    return at if dot > host and data[dot] == 0x2E and at - dot > 2 else start


@helper
def address_end(data: ByteArray, start: int, end: int) -> int:
    """Where the address that begins at `start` ends (see `host_end`; then perhaps a port, then
    anything in ASCII after ``/ ? #``), or `start` if none does. Marks that close a chunk do not
    belong to it."""
    at = host_end(data, start, end)
    if at == start:
        return start
    if at < end and data[at] == 0x3A:
        digits = at + 1
        while digits < end and (BYTE_CLASS[data[digits]] & DIGIT_BYTE) != 0:
            digits += 1
        if 3 <= digits - at <= 6:
            at = digits
    body = at
    if at < end and (data[at] == 0x2F or data[at] == 0x3F or data[at] == 0x23):
        while at < end and 0x21 <= data[at] < 0x7F:
            at += 1
        while at > body and is_closing_byte(data[at - 1]):
            at -= 1
        return at
    while at < end and is_closing_byte(data[at]):
        at += 1
    return body if at == end or data[at] <= 0x20 or data[at] == 0x7F else start


@helper
def contraction(data: ByteArray, start: int, end: int) -> int:
    """Where the contraction at the end of a word begins (n't, 's 'm 'd, 're 've 'll, with either
    apostrophe, in any case); `end` if it has none."""
    for letters in range(1, 3):
        if end - start < letters + 2:
            return end
        quote = end - letters - 1
        if data[quote] != 0x27:
            quote = end - letters - 3
            if quote <= start or data[quote] != 0xE2:
                continue
            if data[quote + 1] != 0x80 or data[quote + 2] != 0x99:
                continue
        last = data[end - 1] | 32
        if letters == 1:
            if last == 0x73 or last == 0x6D or last == 0x64:
                return quote
            if last == 0x74 and (data[quote - 1] | 32) == 0x6E and quote - 1 > start:
                return quote - 1
        else:
            first = data[end - 2] | 32
            if last == 0x65 and (first == 0x72 or first == 0x76):
                return quote
            if last == 0x6C and first == 0x6C:
                return quote
    return end


@helper
def split_of(data: ByteArray, start: int, end: int) -> int:
    """Where a core falls into two (a contraction, cannot, a unit after digits); `end` if it does
    not."""
    if end - start == 6 and is_one_of(data, start, end, CANNOT):
        return start + 3
    split = contraction(data, start, end)
    if split < end:
        return split
    while split > start and (BYTE_CLASS[data[split - 1]] & LETTER_BYTE) != 0:
        split -= 1
    after_digit = start < split < end and (BYTE_CLASS[data[split - 1]] & DIGIT_BYTE) != 0
    return split if after_digit and is_one_of(data, split, end, UNITS) else end


@helper
def core_end(
    data: ByteArray, first: int, start: int, end: int, flags: FlagTable
) -> tuple[int, bool]:
    """Where the core of a chunk that goes on at `start` ends, and whether a mark parts it there
    (else the chunk closes or ends)."""
    at, looked = start, start
    before = point_before(data, first, start)
    before_that = before
    while at < end:
        run, _ = run_end(data, at, end)
        if run > at:
            before_that = byte_at(data, run - 2) if run > at + 1 else before
            before, at = byte_at(data, run - 1), run
            continue
        point, after = code_point(data, at, end)
        own = flags[point]
        if (own & (SPACE | IDEOGRAPH)) != NO_BITS or point == ZERO_WIDTH_SPACE:
            return at, False
        if at > start and not is_word(own):
            if at >= looked:
                closed, looked = closes(data, at, end, before, before_that, flags)
                if closed:
                    return at, False
            behind = after
            while point == 0x2D and behind < end and behind < at + 3 and data[behind] == 0x2D:
                behind += 1
            if parts(before, point, point_after(data, behind, end), flags):
                return at, True
        before_that, before = before, point
        at = after
    return at, False


@helper
def core(data: ByteArray, first: int, start: int, end: int, flags: FlagTable) -> tuple[int, int]:
    """The core of a chunk that begins at `start`: where it falls into two tokens (or ends), and
    where it ends."""
    before = point_before(data, first, start)
    inner = before == 0x2D or before == 0x7E or before in (EN_DASH, EM_DASH)
    inner = inner or before == 0x2E or before == 0x2F or before == 0x2A or before == 0x2B
    if not inner and before != 0x5E and (BYTE_CLASS[data[start]] & WORD_BYTE) != 0:
        stop = address_end(data, start, end)
        if stop > start:
            return stop, stop
    stop, parted = core_end(data, first, start, end, flags)
    one_dot = stop < end and data[stop] == 0x2E and (stop + 1 == end or data[stop + 1] != 0x2E)
    if one_dot and is_one_of(data, start, stop, ABBREVIATIONS):
        return stop + 1, stop + 1
    return stop if parted else split_of(data, start, stop), stop


@helper
def stands_alone(
    data: ByteArray, first: int, at: int, after: int, end: int, flags: FlagTable
) -> bool:
    """Whether the mark at `at` (ending at `after`) is a token of its own: one that parts or
    closes, or one that opens. ASCII marks after an ideograph or other scripts' punctuation do not
    open."""
    point, _ = code_point(data, at, end)
    before = point_before(data, first, at)
    left = flags[before]
    if is_word(left):
        return True
    held = (left & IDEOGRAPH) != NO_BITS or (left & FOREIGN) == FOREIGN
    if not (held and point < 0x80) and opens(point, point_after(data, after, end), flags):
        return True
    here = at
    while here > first:
        here -= 1
        if (data[here] & 0xC0) != 0x80:
            break
    before_that = point_before(data, first, here)
    closed, _ = closes(data, at, end, before, before_that, flags)
    return closed


@helper
def mark_end(data: ByteArray, at: int, after: int, end: int, flags: FlagTable) -> int:
    """Where the token of the mark at `at` (ending at `after`) ends: 's, the emoticons that the
    reference knows and running text has, runs of dots or hyphens, marks and format characters."""
    point, _ = code_point(data, at, end)
    if is_genitive(data, point, after, end, flags):
        return after + 1
    following = point_after(data, after, end)
    face = (point == 0x28 or point == 0x29) and following == 0x3A
    face |= (point == 0x3A or point == 0x3B) and following == 0x29
    face |= point == 0x28 and following == 0x3B
    if face or (point == 0x3A and (following == 0x28 or following == 0x2A)):
        return after + 1
    if point == 0x2E or point == 0x2D:
        while after < end and data[after] == point:
            after += 1
    return joined_end(data, after, end, flags)


@helper
def odd_token(
    data: ByteArray, first: int, start: int, end: int, flags: FlagTable
) -> tuple[int, int, int]:
    """`next_token` for any text."""
    at = start
    while at < end:
        point, after = code_point(data, at, end)
        own = flags[point]
        if (own & SPACE) != NO_BITS or point == ZERO_WIDTH_SPACE:
            at = after
            continue
        alone = (own & IDEOGRAPH) != NO_BITS
        if alone or (not is_word(own) and stands_alone(data, first, at, after, end, flags)):
            stop = mark_end(data, at, after, end, flags)
            return at, stop, stop
        split, stop = core(data, first, at, end, flags)
        return at, split, stop
    return end, end, end
