"""URLs against lists: RULES.md section 8.

A list is a sorted array of 64-bit hashes (FNV-1a over the bytes, then MurmurHash3's finalizer),
8 bytes an entry. A probe that should miss hits with probability entries / 2^64: with ten million
entries and ten probes a URL, one wrong match in 10^11 URLs. Substrings are an Aho-Corasick
automaton over the 36 lower-case letters and digits: one step a byte, however many they are.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from lakeprep.kernels.arrow import string_buffers
from lakeprep.kernels.compiled import BYTES, I32_ROWS, OFFSETS, U64_TABLE, helper, kernel
from lakeprep.kernels.utf8 import FNV_OFFSET, FNV_PRIME, ByteArray, byte_at, mix

UInt64Array = npt.NDArray[np.uint64]
Int64Array = npt.NDArray[np.int64]

#: Reasons in the order of the rules; bit i of what the kernel returns is reason i.
REASONS: Final = (
    "url_domain",
    "url_host",
    "url_exact",
    "url_word",
    "url_soft_words",
    "url_substring",
)
SYMBOLS: Final = 36
#: Column of the automaton that is 1 where a substring ends.
ENDS: Final = SYMBOLS

DOMAIN, HOST, EXACT, WORD, SOFT_WORDS, SUBSTRING = (np.uint8(1 << bit) for bit in range(6))
_PAIR: Final = f"{OFFSETS}, {BYTES}"


@dataclass(frozen=True, slots=True)
class UrlTables:
    """What URLs are matched against; every uint64 array sorted (see `hash_strings`).

    `domains`: names that block their own host and every host below. `hosts`: hosts that block
    themselves. `urls`: URL keys. `words`, `soft_words`: ASCII words in lower case. `automaton`:
    of the substrings (see `automaton_of`).
    """

    domains: UInt64Array
    hosts: UInt64Array
    urls: UInt64Array
    words: UInt64Array
    soft_words: UInt64Array
    automaton: npt.NDArray[np.int32]


def hash_strings(texts: pa.Array) -> UInt64Array:
    """A hash of each text of a string array, in its order."""
    return _hash_strings(*string_buffers(texts))


def automaton_of(substrings: pa.Array) -> npt.NDArray[np.int32]:
    """States by symbol (the next state); state 0 is the beginning. The case of the texts does not
    matter, nor what is not a-z or 0-9, and no text may be empty of those.
    148 bytes a state, at most one state a character and one."""
    return _build_automaton(*string_buffers(substrings))


def match(
    tables: UrlTables, urls: pa.Array, keys: pa.Array, hosts: pa.Array, domains: pa.Array
) -> npt.NDArray[np.uint8]:
    """For each URL the bits of all reasons that hold.

    `urls`: as they came; `keys`, `hosts`, `domains`: their features (score/url.py), null or empty
    where there are none; a domain is a suffix of its host.
    """
    return _match(
        *string_buffers(urls),
        *string_buffers(keys),
        *string_buffers(hosts),
        string_buffers(domains)[0],
        tables.domains,
        tables.hosts,
        tables.urls,
        tables.words,
        tables.soft_words,
        tables.automaton,
    )


@helper
def _hash_bytes(data: ByteArray, start: int, end: int) -> np.uint64:
    value = FNV_OFFSET
    for at in range(start, end):
        value = (value ^ np.uint64(data[at])) * FNV_PRIME
    return mix(value)


@helper
def _is_in(table: UInt64Array, value: np.uint64) -> bool:
    low, high = 0, len(table)
    while low < high:
        middle = (low + high) >> 1
        if table[middle] < value:
            low = middle + 1
        else:
            high = middle
    return low < len(table) and table[low] == value


@helper
def _symbol(byte: int) -> int:
    """0-9 for digits, 10-35 for letters of either case, -1 for everything else."""
    if 0x30 <= byte <= 0x39:
        return byte - 0x30
    lower = byte | 0x20
    if 0x61 <= lower <= 0x7A:
        return lower - 0x61 + 10
    return -1


@helper
def _is_address(hosts: ByteArray, start: int, end: int) -> bool:
    """An IP address: in brackets, or nothing but digits and dots."""
    if hosts[start] == 0x5B:
        return True
    for at in range(start, end):
        byte = byte_at(hosts, at)
        if byte != 0x2E and not 0x30 <= byte <= 0x39:
            return False
    return True


@kernel(f"uint64[::1]({_PAIR})")
def _hash_strings(offsets: Int64Array, data: ByteArray) -> UInt64Array:
    hashes = np.empty(len(offsets) - 1, dtype=np.uint64)
    for i in range(len(hashes)):
        hashes[i] = _hash_bytes(data, offsets[i], offsets[i + 1])
    return hashes


@kernel(f"int32[:, ::1]({_PAIR})")
def _build_automaton(offsets: Int64Array, data: ByteArray) -> npt.NDArray[np.int32]:
    """Aho and Corasick (1975), with the failure steps already taken."""
    states = np.zeros((offsets[-1] - offsets[0] + 1, SYMBOLS + 1), dtype=np.int32)
    size = 1
    for i in range(len(offsets) - 1):
        state = 0
        for at in range(offsets[i], offsets[i + 1]):
            symbol = _symbol(byte_at(data, at))
            if symbol < 0:
                continue
            if states[state, symbol] == 0:
                states[state, symbol] = size
                size += 1
            state = states[state, symbol]
        states[state, ENDS] = 1
    states = states[:size].copy()
    failure = np.zeros(size, dtype=np.int32)
    queue = np.zeros(size, dtype=np.int32)
    first, last = 0, 0
    for symbol in range(SYMBOLS):
        if states[0, symbol] != 0:
            queue[last] = states[0, symbol]
            last += 1
    while first < last:
        state = queue[first]
        first += 1
        fallback = failure[state]
        states[state, ENDS] |= states[fallback, ENDS]
        for symbol in range(SYMBOLS):
            following = states[state, symbol]
            if following == 0:
                states[state, symbol] = states[fallback, symbol]
            else:
                failure[following] = states[fallback, symbol]
                queue[last] = following
                last += 1
    return states


@helper
def _match_host(
    hosts: ByteArray, start: int, end: int, domain_size: int, domains: UInt64Array
) -> np.uint8:
    """Bits DOMAIN and HOST for the host and each parent of it. A host has at most 253 bytes."""
    bits = np.uint8(0)
    address = _is_address(hosts, start, end)
    for at in range(start, end):
        begins = at == start or (not address and hosts[at - 1] == 0x2E)
        if begins and _is_in(domains, _hash_bytes(hosts, at, end)):
            bits |= HOST if end - at > domain_size else DOMAIN
    return bits


@helper
def _match_words(
    urls: ByteArray,
    start: int,
    end: int,
    words: UInt64Array,
    soft_words: UInt64Array,
    automaton: npt.NDArray[np.int32],
) -> np.uint8:
    """Bits WORD, SOFT_WORDS and SUBSTRING, in one walk over the URL."""
    bits = np.uint8(0)
    soft = np.uint64(0)
    softs = 0
    state = 0
    value = FNV_OFFSET
    inside = False
    for at in range(start, end + 1):
        symbol = _symbol(byte_at(urls, at)) if at < end else -1
        if symbol >= 0:
            byte = symbol + 0x30 if symbol < 10 else symbol - 10 + 0x61
            value = (value ^ np.uint64(byte)) * FNV_PRIME
            inside = True
            state = automaton[state, symbol]
            if automaton[state, ENDS] != 0:
                bits |= SUBSTRING
        elif inside:
            word = mix(value)
            if _is_in(words, word):
                bits |= WORD
            if _is_in(soft_words, word) and (softs == 0 or word != soft):
                soft = word
                softs += 1
                if softs == 2:
                    bits |= SOFT_WORDS
            value = FNV_OFFSET
            inside = False
    return bits


@kernel(f"uint8[::1]({', '.join([*[_PAIR] * 3, OFFSETS, *[U64_TABLE] * 5, I32_ROWS])})")
def _match(
    url_offsets: Int64Array,
    urls: ByteArray,
    key_offsets: Int64Array,
    keys: ByteArray,
    host_offsets: Int64Array,
    hosts: ByteArray,
    domain_offsets: Int64Array,
    listed_domains: UInt64Array,
    listed_hosts: UInt64Array,
    listed_urls: UInt64Array,
    words: UInt64Array,
    soft_words: UInt64Array,
    automaton: npt.NDArray[np.int32],
) -> npt.NDArray[np.uint8]:
    found = np.zeros(len(url_offsets) - 1, dtype=np.uint8)
    for i in range(len(found)):
        bits = _match_words(urls, url_offsets[i], url_offsets[i + 1], words, soft_words, automaton)
        start, end = host_offsets[i], host_offsets[i + 1]
        if end > start:
            domain_size = domain_offsets[i + 1] - domain_offsets[i]
            bits |= _match_host(hosts, start, end, domain_size, listed_domains)
            if _is_in(listed_hosts, _hash_bytes(hosts, start, end)):
                bits |= HOST
        if _is_in(listed_urls, _hash_bytes(keys, key_offsets[i], key_offsets[i + 1])):
            bits |= EXACT
        found[i] = bits
    return found
