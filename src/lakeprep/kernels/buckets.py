"""Buckets of the documents of one component, for the pass that decides which of them survive
(`survivors`).

The documents are `nodes`, in order of survival; `seen` has for each the mark of the document that
met it last. A bucket is a slot of a hash table (`slots`) and a list of `entries`, the last member
first. The shingles of the nodes are in a `pool`. `state` says how much of each is in use. With a
component the generation changes: what is left of earlier ones is free without being cleared.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

from lakeprep.kernels.compiled import helper, hot_helper, kernel
from lakeprep.kernels.utf8 import mix

Int64Array = npt.NDArray[np.int64]

# Columns of `nodes`: the documents of this component so far.
N_ID: Final = 0
N_TEXT: Final = 2
N_URL: Final = 4
N_CLUSTER: Final = 6
N_SURVIVOR: Final = 8  # its node; -1 for a survivor, -2 where it is not here
N_START: Final = 9
N_STOP: Final = 10
NODE: Final = 11

# Columns of `slots`: the hash table of buckets. Those of other generations are free places.
KEY: Final = 0
GENERATION: Final = 1
HEAD: Final = 2
COUNT: Final = 3
SLOT: Final = 4

# Columns of `entries`.
MEMBER: Final = 0
NEXT: Final = 1  # -1 behind the last one
ENTRY: Final = 2

# Places of `state`.
S_NODES: Final = 0
S_ENTRIES: Final = 1
S_POOL: Final = 2
S_SLOTS: Final = 3
S_GENERATION: Final = 4
S_COMPONENT: Final = 5
STATE: Final = 6

ROWS2: Final = "int64[:, ::1]"


@hot_helper
def same(left: Int64Array, i: int, right: Int64Array, j: int) -> bool:
    """Two neighbouring places are equal."""
    return bool(left[i] == right[j] and left[i + 1] == right[j + 1])


@hot_helper
def place_of(slots: Int64Array, key: int, generation: int) -> int:
    """The slot of a bucket, or the free one where it would go."""
    mask = len(slots) - 1
    at = np.int64(mix(np.uint64(key))) & mask
    while slots[at, GENERATION] == generation and slots[at, KEY] != key:
        at = (at + 1) & mask
    return int(at)


@hot_helper
def own_key(values: Int64Array, at: int) -> int:
    """Key of the bucket in which a document is found by its id."""
    return int(np.int64(mix(np.uint64(values[at]) ^ mix(np.uint64(values[at + 1])))))


@helper
def start_component(component: int, state: Int64Array) -> None:
    """Forget the component before."""
    for i in range(S_GENERATION):
        state[i] = 0
    state[S_GENERATION] += 1
    state[S_COMPONENT] = component


@helper
def keep_shingles(
    values: Int64Array, start: int, stop: int, node: Int64Array, pool: Int64Array, state: Int64Array
) -> bool:
    """Copy a document's shingles into the pool; False where there is no room."""
    used = state[S_POOL]
    if used + stop - start > len(pool):
        return False
    for i in range(stop - start):
        pool[used + i] = values[start + i]
    node[N_START] = used
    node[N_STOP] = used + stop - start
    state[S_POOL] = node[N_STOP]
    return True


@helper
def put_sorted(values: Int64Array, count: int, value: int) -> int:
    """Insert into the first `count` ascending values; the new count."""
    at = count
    while at > 0 and values[at - 1] > value:
        values[at] = values[at - 1]
        at -= 1
    values[at] = value
    return count + 1


@helper
def look_up(
    keys: Int64Array,
    first: int,
    last: int,
    nodes: Int64Array,
    slots: Int64Array,
    entries: Int64Array,
    seen: Int64Array,
    mark: int,
    generation: int,
    survivors: Int64Array,
    dropped: Int64Array,
    counts: Int64Array,
) -> None:
    """Writes the members of the buckets `keys[first:last]` to `survivors` (with those that dropped
    members were dropped for) and `dropped`, each ascending, and their numbers to `counts`."""
    counts[0] = counts[1] = 0
    for i in range(first, last):
        at = place_of(slots, keys[i], generation)
        if slots[at, GENERATION] != generation:
            continue
        entry = slots[at, HEAD]
        while entry >= 0:
            member = entries[entry, MEMBER]
            entry = entries[entry, NEXT]
            if seen[member] == mark:
                continue
            seen[member] = mark
            survivor = nodes[member, N_SURVIVOR]
            if survivor == -1:
                counts[0] = put_sorted(survivors, counts[0], member)
                continue
            counts[1] = put_sorted(dropped, counts[1], member)
            if survivor >= 0 and seen[survivor] != mark:
                seen[survivor] = mark
                counts[0] = put_sorted(survivors, counts[0], survivor)


@helper
def enter(
    key: int,
    node: int,
    capacity: int,
    nodes: Int64Array,
    slots: Int64Array,
    entries: Int64Array,
    state: Int64Array,
) -> bool:
    """Make the node a member of a bucket; False where the bucket is full. A copy of a member that
    has the same survivor adds nothing to the bucket and need not enter."""
    at = place_of(slots, key, state[S_GENERATION])
    if slots[at, GENERATION] != state[S_GENERATION]:
        slots[at, KEY] = key
        slots[at, GENERATION] = state[S_GENERATION]
        slots[at, HEAD] = -1
        slots[at, COUNT] = 0
        state[S_SLOTS] += 1
    own = nodes[node, N_SURVIVOR]
    own = node if own == -1 else own
    entry = slots[at, HEAD]
    while entry >= 0:
        member = entries[entry, MEMBER]
        entry = entries[entry, NEXT]
        survivor = nodes[member, N_SURVIVOR]
        survivor = member if survivor == -1 else survivor
        if survivor == own and same(nodes[member], N_TEXT, nodes[node], N_TEXT):
            return True
    if slots[at, COUNT] >= capacity:
        return False
    entries[state[S_ENTRIES], MEMBER] = node
    entries[state[S_ENTRIES], NEXT] = slots[at, HEAD]
    slots[at, HEAD] = state[S_ENTRIES]
    slots[at, COUNT] += 1
    state[S_ENTRIES] += 1
    return True


@helper
def node_of(
    ids: Int64Array,
    at: int,
    nodes: Int64Array,
    slots: Int64Array,
    entries: Int64Array,
    generation: int,
) -> int:
    """The node of the document whose id stands at `at` of `ids`, if that has a bucket (`own_key`);
    -2 where it is not here."""
    slot = place_of(slots, own_key(ids, at), generation)
    if slots[slot, GENERATION] == generation:
        entry = slots[slot, HEAD]
        while entry >= 0:
            member = entries[entry, MEMBER]
            if same(nodes[member], N_ID, ids, at):
                return int(member)
            entry = entries[entry, NEXT]
    return -2


@kernel(f"void({ROWS2}, int64, {ROWS2})")
def rehash_kernel(slots: Int64Array, generation: int, grown: Int64Array) -> None:
    """Moves the buckets of this generation into a larger table."""
    for at in range(len(slots)):
        if slots[at, GENERATION] == generation:
            to = place_of(grown, slots[at, KEY], generation)
            for i in range(SLOT):
                grown[to, i] = slots[at, i]


class Buckets:
    """The memory of the pass, which grows with the largest component."""

    def __init__(self) -> None:
        self.nodes = np.empty((1024, NODE), dtype=np.int64)
        self.slots = np.zeros((4096, SLOT), dtype=np.int64)
        self.entries = np.empty((4096, ENTRY), dtype=np.int64)
        self.pool = np.empty(1 << 16, dtype=np.int64)
        self.seen = np.empty(1024, dtype=np.int64)
        self.state = np.zeros(STATE, dtype=np.int64)

    def make_room(self, documents: int, keys: int, shingles: int, *, most_shingles: int) -> None:
        """Room for one more batch, wherever its components end; in the pool for `most_shingles` at
        most."""
        in_use = (S_NODES, S_ENTRIES, S_POOL, S_SLOTS)
        nodes, entries, pool, slots = (int(self.state[i]) for i in in_use)
        self.nodes = _grown(self.nodes, nodes, documents)
        self.seen = _grown(self.seen, nodes, documents)
        self.entries = _grown(self.entries, entries, keys + documents)
        self.pool = _grown(self.pool, pool, shingles, most=most_shingles)
        if 2 * (slots + keys + documents) > len(self.slots):
            size = 1 << (2 * (slots + keys + documents)).bit_length()
            grown = np.zeros((size, SLOT), dtype=np.int64)
            rehash_kernel(self.slots, int(self.state[S_GENERATION]), grown)
            self.slots = grown


def _grown(array: Int64Array, used: int, more: int, most: int = 1 << 62) -> Int64Array:
    """`array`, or a larger one that begins with its used part; no longer than `most`."""
    needed = min(used + more, most)
    if needed <= len(array):
        return array
    grown = np.empty((min(max(needed, 2 * len(array)), most), *array.shape[1:]), dtype=np.int64)
    grown[:used] = array[:used]
    return grown
