"""Repeated n-grams of words: RULES.md section 2.

A document's tokens are read once (`word_signals.read_words`), into its text without what stands
between them (`packed`) and the place of each token in it (`starts`): an n-gram joined without
spaces is a stretch of bytes.

Counting (2- to 4-grams): the n-grams get numbers, level by level. A token's number is found by
its bytes, that of an n-gram by the numbers of the two (n-1)-grams in it, and only where both occur
twice or more; so the counts are exact.

The greedy scan (5-grams and longer): two equal n-grams of at least p bytes agree in their first p.
A filter of one byte a slot counts these prefixes; where one is the only one of its kind, no longer
n-gram repeats. The others are looked up in tables that compare bytes.

Two bounds: a text made to fill `PROBES` slots in a row, and one of more than `MAX_TOKENS` tokens
(a hundred times the most words that any recipe keeps), lose exactness, never time or memory.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

from lakeprep.kernels.blocks import (
    BLOCK,
    code_points,
    equal_bytes,
    load,
    stir,
    store,
)
from lakeprep.kernels.compiled import helper, hot_helper
from lakeprep.kernels.utf8 import MIX_2, ByteArray

Int32Array = npt.NDArray[np.int32]
Int64Array = npt.NDArray[np.int64]
UInt64Array = npt.NDArray[np.uint64]

PROBES: Final = 256
MAX_TOKENS: Final = 1 << 24
MANY_PLACES: Final = 1 << 17  # above, the greedy scans share the room of one table
SLACK: Final = 64  # bytes of `packed` beyond the text, which blocks may touch
SHORT_PREFIX: Final = 12
LONG_PREFIX: Final = 24
FILTER_SLOTS: Final = 8  # at least, a place
MAX_FILTER: Final = 1 << 24
NO_LIMIT: Final = 2**31 - 1


@hot_helper
def item(numbers: Int32Array, i: int) -> int:
    """One number of an array, as wide as numbers outside of arrays are."""
    return int(np.int64(numbers[i]))


@hot_helper
def power_of_two(least: int) -> int:
    """The first power of two from 16 that is not below `least`."""
    size = 16
    while size < least:
        size *= 2
    return size


@hot_helper
def table_slots(entries: int) -> int:
    """Slots of a hash table for so many entries at most: no more than half are taken, so that no
    search is long. A slot holds a number from 1, or 0 where it is free."""
    return power_of_two(2 * entries)


@helper
def clear(table: Int32Array, slots: int) -> None:
    """Frees the slots. (Numba needs far longer to compile an assignment to a slice.)"""
    for i in range(slots):
        table[i] = 0


@helper
def clear_bytes(seen: ByteArray, slots: int) -> None:
    """The same for the filter."""
    for i in range(slots):
        seen[i] = 0


@hot_helper
def slot_of(key: np.uint64, slots: int) -> int:
    """Where the search for a key begins."""
    return int(np.int64((stir(key) * MIX_2 >> np.uint64(32)) & np.uint64(slots - 1)))


@hot_helper
def append_token(
    data: ByteArray,
    start: int,
    stop: int,
    key: np.uint64,
    packed: ByteArray,
    starts: Int32Array,
    keys: UInt64Array,
    kept: int,
) -> int:
    """Puts a token, whose hash is `key`, behind the `kept` ones, of which the last ends at
    ``starts[kept]`` of `packed`; returns how many there are then."""
    at = item(starts, kept)
    if stop + BLOCK <= len(data):
        store(packed, at, load(data, start))
        for done in range(BLOCK, stop - start, BLOCK):
            store(packed, at + done, load(data, start + done))
    else:
        for i in range(stop - start):
            packed[at + i] = data[start + i]
    keys[kept] = key
    starts[kept + 1] = at + stop - start
    return kept + 1


@hot_helper
def same_token(packed: ByteArray, starts: Int32Array, left: int, right: int) -> bool:
    """Whether two tokens whose hashes are equal are equal. Up to a block in length, they are."""
    begin, start = item(starts, left), item(starts, right)
    size = item(starts, right + 1) - start
    if item(starts, left + 1) - begin != size:
        return False
    return size <= BLOCK or equal_bytes(packed, begin, start, size)


@helper
def number_grams(
    packed: ByteArray,
    starts: Int32Array,
    keys: UInt64Array,
    n: int,
    count: int,
    table: Int32Array,
    numbers: Int32Array,
    first: Int32Array,
    times: Int32Array,
) -> int:
    """Numbers the n-grams whose `count` keys are given by first occurrence: `numbers` of each,
    `first` index and `times` of each different one. Returns how many these are. Equal keys mean
    equal n-grams; for n = 1, where they are hashes, the tokens are compared. `keys` becomes the
    keys by number."""
    slots = table_slots(count)
    clear(table, slots)
    grams = 0
    for k in range(count):
        key = keys[k]
        slot = slot_of(key, slots)
        own = grams
        for _ in range(PROBES):
            other = item(table, slot) - 1
            if other < 0:
                table[slot] = grams + 1
                break
            if keys[other] == key and (n > 1 or same_token(packed, starts, item(first, other), k)):
                own = other
                break
            slot = (slot + 1) & (slots - 1)
        if own == grams:
            keys[grams] = key
            first[grams] = k
            times[grams] = 0
            grams += 1
        times[own] += 1
        numbers[k] = own
    return grams


@helper
def top_grams(
    packed: ByteArray,
    starts: Int32Array,
    keys: UInt64Array,
    tokens: int,
    table: Int32Array,
    places: Int32Array,
    numbers: Int32Array,
    first: Int32Array,
    times: Int32Array,
    points: Int64Array,
) -> None:
    """Fills `points` with length x count of the most frequent 2-, 3-, ... gram joined by one
    space. Overwrites `keys`."""
    for j in range(len(points)):
        points[j] = 0
    count = tokens
    for i in range(count):
        places[i] = i
    for n in range(1, len(points) + 2):
        if tokens < n:
            return
        grams = number_grams(packed, starts, keys, n, count, table, numbers, first, times)
        if n > 1:
            best, most = 0, 1
            for i in range(grams):
                if times[i] > most:
                    best, most = item(places, first[i]), item(times, i)
            size = code_points(packed, item(starts, best), item(starts, best + n)) + n - 1
            points[n - 2] = size * most
        kept = 0
        for k in range(count - 1):
            left, right = numbers[k], numbers[k + 1]
            at = places[k]
            follows = places[k + 1] == at + 1
            places[kept] = at
            keys[kept] = np.uint64(left) << np.uint64(32) | np.uint64(right)
            kept += follows & (times[left] > 1) & (times[right] > 1)
        count = kept


@hot_helper
def filter_slots(places: int) -> int:
    """Slots of the filter."""
    return power_of_two(min(FILTER_SLOTS * places, MAX_FILTER))


@helper
def find_prefixes(
    packed: ByteArray,
    starts: Int32Array,
    tokens: int,
    n: int,
    slots_of: Int32Array,
    seen: ByteArray,
    places: Int32Array,
    limits: Int32Array,
) -> int:
    """Writes the places of n-grams that may repeat, in order, and for each the number of bytes
    from which on no n-gram there repeats; returns how many. An n-gram shorter than the prefix is
    taken to repeat."""
    slots = filter_slots(tokens)
    mask = np.uint64(slots - 1)
    clear_bytes(seen, slots)
    last = tokens - n + 1
    for i in range(last):
        start = item(starts, i)
        block = load(packed, start) * MIX_2 + load(packed, start + SHORT_PREFIX - BLOCK)
        slot = np.int32(stir(block) >> np.uint64(20) & mask)
        slots_of[i] = slot
        seen[slot] = np.uint8(seen[slot] << 1 | 1)
    count = 0
    for i in range(last):
        again = seen[slots_of[i]] > 1
        places[count] = i
        limits[count] = NO_LIMIT if again else SHORT_PREFIX
        count += again | (starts[i + n] - starts[i] < SHORT_PREFIX)
    slots = filter_slots(count)
    mask = np.uint64(slots - 1)
    clear_bytes(seen, slots)
    for k in range(count):
        start = item(starts, places[k])
        block = load(packed, start) * MIX_2 + load(packed, start + BLOCK)
        block = stir(block) * MIX_2 + load(packed, start + 2 * BLOCK)
        slot = np.int32(stir(block) >> np.uint64(20) & mask)
        slots_of[k] = slot
        seen[slot] = np.uint8(seen[slot] << 1 | 1)
    for k in range(count):
        if seen[slots_of[k]] == 1 and limits[k] == NO_LIMIT:
            limits[k] = LONG_PREFIX
    return count


@helper
def dup_grams(
    packed: ByteArray,
    starts: Int32Array,
    tokens: int,
    sizes: Int64Array,
    table: Int32Array,
    seen: ByteArray,
    places: Int32Array,
    slots_of: Int32Array,
    limits: Int32Array,
    points: Int64Array,
    free_from: Int64Array,
) -> None:
    """Fills `points`: for each n of `sizes`, which ascend, the code points of the n-grams, joined
    without space, that the greedy scan has seen before."""
    for j in range(len(sizes)):
        points[j] = 0
        free_from[j] = 0
    count = find_prefixes(packed, starts, tokens, sizes[0], slots_of, seen, places, limits)
    step = len(sizes) if count <= MANY_PLACES else 1
    for j in range(0, len(sizes), step):
        scan_greedily(
            packed, starts, tokens, sizes, j, j + step, places, limits, count, table, points,
            free_from,
        )  # fmt: skip


@helper
def scan_greedily(
    packed: ByteArray,
    starts: Int32Array,
    tokens: int,
    sizes: Int64Array,
    first: int,
    last: int,
    places: Int32Array,
    limits: Int32Array,
    count: int,
    table: Int32Array,
    points: Int64Array,
    free_from: Int64Array,
) -> None:
    """Looks each n-gram up, for `sizes` from `first` to below `last` side by side, each with its
    part of `table`: one that was seen before adds its code points, and the scan of that size jumps
    over it (`free_from`); another is recorded. The bytes at a place are hashed once, n-gram after
    longer n-gram."""
    slots = table_slots(count)
    clear(table, slots * (last - first))
    for k in range(count):
        at = item(places, k)
        start = item(starts, at)
        value = np.uint64(0)
        hashed = start
        for j in range(first, last):
            stop = at + sizes[j]
            if stop > tokens:
                break
            end = item(starts, stop)
            if end - start >= limits[k]:
                break
            while hashed + BLOCK < end:
                value = stir(value ^ load(packed, hashed))
                hashed += BLOCK
            if at < free_from[j]:
                continue
            rest = load(packed, hashed) << np.uint64(8 * (BLOCK - (end - hashed)))
            slot, part = slot_of(value ^ rest, slots), slots * (j - first)
            for _ in range(PROBES):
                other = item(table, part + slot) - 1
                if other < 0:
                    table[part + slot] = at + 1
                    break
                begin = item(starts, other)
                if item(starts, other + sizes[j]) - begin == end - start and equal_bytes(
                    packed, begin, start, end - start
                ):
                    points[j] += code_points(packed, start, end)
                    free_from[j] = stop
                    break
                slot = (slot + 1) & (slots - 1)
