"""E-mail and IPv4 addresses in text: RULES.md section 11. Helpers of `masks.span_kernel`.

Each looks at a bounded stretch around the byte that made it look, so that no text makes it slow.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

from lakeprep.kernels import unicode as u
from lakeprep.kernels.characters import is_digit
from lakeprep.kernels.compiled import helper
from lakeprep.kernels.utf8 import ByteArray, byte_at, decode

FlagTable = npt.NDArray[np.uint32]

LOCAL_BYTES: Final = 64  # RFC 5321, 4.5.3.1
DOMAIN_BYTES: Final = 253  # RFC 1035
LABEL_BYTES: Final = 63
LATIN: Final = np.uint32(u.LATIN)
NO_BITS: Final = np.uint32(0)


@helper
def is_letter(byte: int) -> bool:
    """A to Z, a to z."""
    return 0x61 <= (byte | 32) <= 0x7A


@helper
def is_alphanumeric(byte: int) -> bool:
    """An ASCII letter or digit."""
    return 0x30 <= byte <= 0x39 or 0x61 <= (byte | 32) <= 0x7A


@helper
def word_is(data: ByteArray, start: int, end: int, words: ByteArray, first: int, last: int) -> bool:
    """Whether the bytes are ``words[first:last]`` (lower case), ASCII letters in any case."""
    if end - start != last - first:
        return False
    for i in range(end - start):
        byte = data[start + i]
        if 0x41 <= byte <= 0x5A:
            byte |= np.uint8(32)
        if byte != words[first + i]:
            return False
    return True


@helper
def word_in(data: ByteArray, start: int, end: int, words: ByteArray) -> bool:
    """Whether the bytes are one of `words`, which are joined and ended by a zero byte."""
    if start == end:
        return False
    first = 0
    for i in range(len(words)):
        if words[i] == 0:
            if word_is(data, start, end, words, first, i):
                return True
            first = i + 1
    return False


@helper
def latin_width(data: ByteArray, at: int, end: int, flags: FlagTable) -> int:
    """Bytes of the Latin letter beyond ASCII that begins at `at`, else 0."""
    if data[at] < 0xC3 or data[at] > 0xE1:
        return 0
    point, after = decode(data, at, end)
    return after - at if (flags[point] & LATIN) != NO_BITS else 0


@helper
def latin_before(data: ByteArray, start: int, at: int, flags: FlagTable) -> bool:
    """Whether a Latin letter beyond ASCII ends before `at`."""
    lead = at - 1
    while lead > start and at - lead < 3 and 0x80 <= data[lead] < 0xC0:
        lead -= 1
    return lead >= start and lead + latin_width(data, lead, at, flags) == at


@helper
def local_start(data: ByteArray, start: int, at: int, flags: FlagTable) -> int:
    """Where the local part before the ``@`` at `at` begins; `at` if there is none. ASCII letters,
    digits, ``. _ % + - '`` inside, and Latin letters; other scripts end it, since they run into
    addresses without a space."""
    first = at
    while first > start and at - first <= LOCAL_BYTES:
        byte = data[first - 1]
        if is_alphanumeric(byte) or byte in (0x2E, 0x5F, 0x25, 0x2B, 0x2D):
            first -= 1
        elif byte == 0x27 and first < at and first - 1 > start:
            if not (is_letter(data[first]) and is_letter(data[first - 2])):
                break
            first -= 1
        elif 0x80 <= byte < 0xC0 and first - 2 >= start:
            lead = first - 2
            if data[lead] < 0xC0 and lead > start:
                lead -= 1
            width = latin_width(data, lead, first, flags)
            if width == 0 or lead + width != first:
                break
            first = lead
        else:
            break
    if at - first > LOCAL_BYTES or (first > start and data[first - 1] == 0x40):
        return at
    while first < at:
        byte = data[first]
        if is_alphanumeric(byte) or byte == 0x5F or byte >= 0x80:
            break
        first += 1
    return first


@helper
def domain_end(
    data: ByteArray, start: int, end: int, flags: FlagTable, file_endings: ByteArray
) -> int:
    """Where the domain name that begins at `start` ends; `start` if none begins there. At least
    two labels, the last one of two or more letters. A capitalised last label after a lower-case
    one begins the next sentence; a file's ending is no top-level domain (logo@2x.png)."""
    best = start
    labels = 0
    at = start
    limit = min(end, start + DOMAIN_BYTES)
    while at < limit:
        label = at
        letters = True
        while at < limit:
            byte = data[at]
            if is_alphanumeric(byte) or byte == 0x2D:
                letters &= is_letter(byte)
                at += 1
                continue
            width = latin_width(data, at, end, flags) if byte >= 0x80 else 0
            if width == 0:
                break
            at += width
        stop = at
        while stop > label and data[stop - 1] == 0x2D:
            stop -= 1
        if stop == label or data[label] == 0x2D or stop - label > LABEL_BYTES:
            break
        labels += 1
        punycode = stop - label > 4 and word_is_xn(data, label)
        named = letters or punycode or all_letters(data, label, stop)
        if labels > 1 and stop - label > 1 and named:
            capital = 0x41 <= data[label] <= 0x5A and 0x61 <= data[label - 2] <= 0x7A
            if not capital and not word_in(data, label, stop, file_endings):
                best = stop
        if stop != at or at >= limit or data[at] != 0x2E:
            break
        at += 1
    return best


@helper
def word_is_xn(data: ByteArray, at: int) -> bool:
    """Whether a label begins with ``xn--``."""
    return bool(
        (data[at] | 32) == 0x78
        and (data[at + 1] | 32) == 0x6E
        and data[at + 2] == 0x2D
        and data[at + 3] == 0x2D
    )


@helper
def all_letters(data: ByteArray, start: int, end: int) -> bool:
    """Whether the bytes are letters of ASCII or beyond."""
    for at in range(start, end):  # noqa: SIM110 (Numba compiles no generator)
        if data[at] < 0x80 and not is_letter(data[at]):
            return False
    return True


@helper
def is_pseudonym(data: ByteArray, start: int, end: int, host: ByteArray) -> bool:
    """Whether an address is one that masking writes: ``user-`` and hexadecimal digits at `host`
    (with its ``@``)."""
    digits = end - start - 5 - len(host)
    if digits < 6 or digits > 16:
        return False
    if not word_is(data, end - len(host), end, host, 0, len(host)) or data[start + 4] != 0x2D:
        return False
    named = (data[start] == 0x75 and data[start + 1] == 0x73) and (
        data[start + 2] == 0x65 and data[start + 3] == 0x72
    )
    for at in range(start + 5, start + 5 + digits):
        byte = data[at]
        named &= is_digit(byte) or 0x61 <= byte <= 0x66
    return bool(named)


@helper
def ipv4_end(data: ByteArray, at: int, end: int) -> tuple[int, int]:
    """Where the dotted quad that begins at `at` ends, and its value; (at, -1) if there is none.
    Not inside a longer dotted or alphanumeric run."""
    first = at
    value = 0
    for octet in range(4):
        if octet > 0:
            if at >= end or data[at] != 0x2E:
                return first, -1
            at += 1
        begin = at
        number = 0
        while at < end and at - begin < 4 and is_digit(data[at]):
            number = 10 * number + byte_at(data, at) - 0x30
            at += 1
        digits = at - begin
        if digits == 0 or digits > 3 or number > 255 or (digits > 1 and data[begin] == 0x30):
            return first, -1
        value = value << 8 | number
    if at < end:
        byte = data[at]
        if is_alphanumeric(byte) or byte == 0x5F:
            return first, -1
        goes_on = at + 1 < end and is_alphanumeric(data[at + 1])
        if goes_on and (byte == 0x2E or (byte == 0x2D and not is_digit(data[at + 1]))):
            return first, -1
    return at, value


@helper
def is_public_ipv4(value: int) -> bool:
    """Not private, shared, loopback, link-local, documentation, benchmarking, protocol
    assignment, multicast or reserved (IANA's special-purpose registry)."""
    high = value >> 24
    if high == 0 or high == 10 or high == 127 or high >= 224:
        return False
    upper = value >> 16
    if upper == 0xA9FE or upper == 0xC0A8 or (value >> 20) == 0xAC1:
        return False
    if (value >> 22) == (100 << 2 | 1) or (value >> 17) == (198 << 7 | 9):
        return False
    block = value >> 8
    return not (block == 0xC00000 or block == 0xC00002 or block == 0xC63364 or block == 0xCB0071)


@helper
def word_before(data: ByteArray, start: int, at: int) -> tuple[int, int]:
    """The ASCII word that ends before `at`, spaces, dots and colons between apart; at most 12
    letters are looked at. Empty (at, at) where there is none."""
    stop = at
    while stop > start and at - stop < 3:
        byte = data[stop - 1]
        if byte != 0x20 and byte != 0x2E and byte != 0x3A:
            break
        stop -= 1
    first = stop
    while first > start and stop - first < 13 and is_letter(data[first - 1]):
        first -= 1
    return first, stop
