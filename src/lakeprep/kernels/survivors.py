"""Which documents survive their duplicates: one pass over candidates in order of survival.

A document is compared with the members of its buckets that came before it, and with the survivors
that those of them were dropped for. It is the duplicate of the first survivor for which there is
evidence; without one it survives. So no document is dropped for one that it was not compared with,
and what becomes of it depends on earlier documents alone, however the rest is cut into runs.

A bucket holds so many members and no more: what comes later is compared with these (linear time on
a million pages of one template), and is told that it was left out.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from lakeprep.kernels.arrow import int64_lists, list_buffers
from lakeprep.kernels.compiled import I64_TABLE, helper, hot_helper, kernel
from lakeprep.kernels.utf8 import mix

Int64Array = npt.NDArray[np.int64]
Float64Array = npt.NDArray[np.float64]

#: What the caller knows of a document: it is to be decided; it survives; it is a duplicate.
OPEN: Final = 0
KEPT: Final = 1
DUPLICATE: Final = 2

#: Evidence, strongest first; 0 is none.
KINDS: Final = ("url", "exact", "near")
URL: Final = 1
EXACT: Final = 2
NEAR: Final = 3

#: Shingles of members that a component may keep in memory (512 MiB); later ones are left out.
SHINGLES: Final = 1 << 26

# Columns of `facts`: what the caller gives of each document.
COMPONENT: Final = 0
STANDING: Final = 1
ID: Final = 2  # two columns each, from here to the cluster
TEXT_DIGEST: Final = 4
URL_DIGEST: Final = 6
SURVIVOR_ID: Final = 8
CLUSTER: Final = 10
FACTS: Final = 12

# Columns of `nodes`: the documents of this component so far.
N_ID: Final = 0
N_TEXT: Final = 2
N_URL: Final = 4
N_CLUSTER: Final = 6
N_SURVIVOR: Final = 8  # its node; -1 for a survivor, -2 where it is not here
N_START: Final = 9
N_STOP: Final = 10
NODE: Final = 11

# Columns of `slots`: the hash table of buckets. Entries of other generations are free places.
KEY: Final = 0
GENERATION: Final = 1
HEAD: Final = 2
COUNT: Final = 3
SLOT: Final = 4

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


@helper
def shared(left: Int64Array, i: int, i_end: int, right: Int64Array, j: int, j_end: int) -> int:
    """How many values two ascending runs have in common."""
    common = 0
    while i < i_end and j < j_end:
        a, b = left[i], right[j]
        common += a == b
        i += a <= b
        j += b <= a
    return common


@helper
def compare(
    facts: Int64Array,
    values: Int64Array,
    start: int,
    stop: int,
    node: Int64Array,
    pool: Int64Array,
    limits: Float64Array,
    measured: Float64Array,
) -> int:
    """The evidence that the document of `facts` (shingles `values[start:stop]`) duplicates the one
    of `node`: a kind, or 0. Writes the Jaccard similarity and the containment to `measured`.

    limits: least Jaccard similarity; least share of the document's shingles that the other,
    no smaller, has.
    """
    size, other = stop - start, node[N_STOP] - node[N_START]
    smaller, larger = min(size, other), max(size, other)
    kind = 0
    if same(facts, URL_DIGEST, node, N_URL):
        kind = URL
    elif same(facts, TEXT_DIGEST, node, N_TEXT):
        kind = EXACT
    may_contain = size <= other and limits[1] <= 1.0
    if kind == 0 and smaller < limits[0] * larger and not may_contain:
        return 0
    if same(facts, TEXT_DIGEST, node, N_TEXT):
        measured[0], measured[1] = 1.0, 1.0
        return kind
    measured[0], measured[1] = 0.0, 0.0
    if smaller == 0:
        return kind
    common = shared(values, start, stop, pool, node[N_START], node[N_STOP])
    measured[0] = common / (size + other - common)
    measured[1] = common / smaller
    if kind == 0 and (measured[0] >= limits[0] or (may_contain and measured[1] >= limits[1])):
        kind = NEAR
    return kind


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
            member = entries[entry, 0]
            entry = entries[entry, 1]
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
        member = entries[entry, 0]
        entry = entries[entry, 1]
        survivor = nodes[member, N_SURVIVOR]
        survivor = member if survivor == -1 else survivor
        if survivor == own and same(nodes[member], N_TEXT, nodes[node], N_TEXT):
            return True
    if slots[at, COUNT] >= capacity:
        return False
    entries[state[S_ENTRIES], 0] = node
    entries[state[S_ENTRIES], 1] = slots[at, HEAD]
    slots[at, HEAD] = state[S_ENTRIES]
    slots[at, COUNT] += 1
    state[S_ENTRIES] += 1
    return True


@hot_helper
def own_key(values: Int64Array, at: int) -> int:
    """Key of the bucket in which a document is found by its id."""
    return int(np.int64(mix(np.uint64(values[at]) ^ mix(np.uint64(values[at + 1])))))


@helper
def node_of(
    facts: Int64Array, nodes: Int64Array, slots: Int64Array, entries: Int64Array, generation: int
) -> int:
    """The node of the survivor that a standing duplicate names; -2 where it is not here."""
    at = place_of(slots, own_key(facts, SURVIVOR_ID), generation)
    if slots[at, GENERATION] == generation:
        entry = slots[at, HEAD]
        while entry >= 0:
            member = entries[entry, 0]
            if same(nodes[member], N_ID, facts, SURVIVOR_ID):
                return int(member)
            entry = entries[entry, 1]
    return -2


@helper
def decide_one(
    facts: Int64Array,
    values: Int64Array,
    start: int,
    stop: int,
    nodes: Int64Array,
    node: int,
    pool: Int64Array,
    limits: Float64Array,
    survivors: Int64Array,
    dropped: Int64Array,
    counts: Int64Array,
    measured: Float64Array,
) -> int:
    """Compares an open document with the members found; fills its survivor and cluster in and
    returns the kind of evidence, 0 if it survives."""
    for i in range(counts[0]):
        other = survivors[i]
        kind = compare(facts, values, start, stop, nodes[other], pool, limits, measured)
        if kind > 0:
            nodes[node, N_SURVIVOR] = other
            nodes[node, N_CLUSTER] = nodes[other, N_CLUSTER]
            nodes[node, N_CLUSTER + 1] = nodes[other, N_CLUSTER + 1]
            return kind
    nodes[node, N_SURVIVOR] = -1
    nodes[node, N_CLUSTER] = facts[ID]
    nodes[node, N_CLUSTER + 1] = facts[ID + 1]
    for i in range(counts[1]):
        other = dropped[i]
        if compare(facts, values, start, stop, nodes[other], pool, limits, measured) > 0:
            nodes[node, N_CLUSTER] = nodes[other, N_CLUSTER]
            nodes[node, N_CLUSTER + 1] = nodes[other, N_CLUSTER + 1]
            break
    return 0


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
def take_over(facts: Int64Array, node: Int64Array) -> None:
    """A document's facts into its node."""
    for i in range(2):
        node[N_ID + i] = facts[ID + i]
        node[N_TEXT + i] = facts[TEXT_DIGEST + i]
        node[N_URL + i] = facts[URL_DIGEST + i]
        node[N_CLUSTER + i] = facts[CLUSTER + i]
    node[N_START] = 0
    node[N_STOP] = 0


@kernel(
    f"void({ROWS2}, {I64_TABLE}, {I64_TABLE}, {I64_TABLE}, {I64_TABLE}, float64[::1], int64,"
    f"{ROWS2}, {ROWS2}, {ROWS2}, int64[::1], int64[::1], int64[::1], int64,"
    f"{ROWS2}, float64[:, ::1], boolean[::1])"
)
def survivor_kernel(
    facts: Int64Array,
    key_offsets: Int64Array,
    keys: Int64Array,
    offsets: Int64Array,
    values: Int64Array,
    limits: Float64Array,
    capacity: int,
    nodes: Int64Array,
    slots: Int64Array,
    entries: Int64Array,
    pool: Int64Array,
    seen: Int64Array,
    state: Int64Array,
    mark: int,
    out: Int64Array,
    measured: Float64Array,
    left_out: npt.NDArray[np.bool_],
) -> None:
    """Decides a batch. `out`: kind, id of the survivor (2), cluster (2); `measured`: Jaccard
    similarity and containment; `left_out`: for each key, whether its bucket was full."""
    width = 1
    for document in range(len(facts)):
        width = max(width, key_offsets[document + 1] - key_offsets[document])
    survivors = np.empty(2 * capacity * width, dtype=np.int64)
    dropped = np.empty(capacity * width, dtype=np.int64)
    counts = np.zeros(2, dtype=np.int64)
    for document in range(len(facts)):
        fact = facts[document]
        if fact[COMPONENT] != state[S_COMPONENT] or state[S_GENERATION] == 0:
            start_component(fact[COMPONENT], state)
        node = state[S_NODES]
        first, last = key_offsets[document], key_offsets[document + 1]
        start, stop = offsets[document], offsets[document + 1]
        take_over(fact, nodes[node])
        seen[node] = -1
        if fact[STANDING] == OPEN:
            look_up(
                keys,
                first,
                last,
                nodes,
                slots,
                entries,
                seen,
                mark + document,
                state[S_GENERATION],
                survivors,
                dropped,
                counts,
            )
            out[document, 0] = decide_one(
                fact,
                values,
                start,
                stop,
                nodes,
                node,
                pool,
                limits,
                survivors,
                dropped,
                counts,
                measured[document],
            )
        elif fact[STANDING] == KEPT:
            nodes[node, N_SURVIVOR] = -1
        else:
            nodes[node, N_SURVIVOR] = node_of(fact, nodes, slots, entries, state[S_GENERATION])
        survivor = nodes[node, N_SURVIVOR]
        for i in range(2):
            out[document, 1 + i] = nodes[survivor, N_ID + i] if survivor >= 0 else 0
            out[document, 3 + i] = nodes[node, N_CLUSTER + i]
        used = state[S_POOL]
        if not keep_shingles(values, start, stop, nodes[node], pool, state):
            for i in range(first, last):
                left_out[i] = True
            continue
        state[S_NODES] += 1
        entries_before = state[S_ENTRIES]
        if fact[STANDING] == KEPT:
            enter(own_key(fact, ID), node, capacity, nodes, slots, entries, state)
        for i in range(first, last):
            left_out[i] = not enter(keys[i], node, capacity, nodes, slots, entries, state)
        if state[S_ENTRIES] == entries_before:  # nobody will meet it
            state[S_NODES] -= 1
            state[S_POOL] = used


@kernel(f"void({ROWS2}, int64, {ROWS2})")
def rehash_kernel(slots: Int64Array, generation: int, grown: Int64Array) -> None:
    """Moves the buckets of this generation into a larger table."""
    for at in range(len(slots)):
        if slots[at, GENERATION] == generation:
            to = place_of(grown, slots[at, KEY], generation)
            for i in range(SLOT):
                grown[to, i] = slots[at, i]


@dataclass(frozen=True, slots=True)
class Decided:
    """What became of a batch of n documents.

    kind: int64 (n,), 0 for a survivor, else 1 + the place in `KINDS`; survivor, cluster: the ids'
    halves, int64 (n, 2); similarity, containment: with the survivor, 0..1; left_out: the keys of
    the buckets that were full, list<int64> (n).
    """

    kind: Int64Array
    survivor: Int64Array
    cluster: Int64Array
    similarity: Float64Array
    containment: Float64Array
    left_out: pa.Array


class Survivors:
    """The state of the pass: feed it batches in order; documents of one component together.

    min_jaccard: least Jaccard similarity of a near duplicate, None for no near duplicates;
    min_containment: least share of a document's shingles in a document no smaller, None for no
    such test; capacity: members of a bucket.
    """

    def __init__(
        self, *, min_jaccard: float | None, min_containment: float | None = None, capacity: int
    ) -> None:
        none = 2.0  # no share reaches it
        self._limits = np.array(
            [none if limit is None else limit for limit in (min_jaccard, min_containment)]
        )
        self._capacity = capacity
        self._nodes = np.empty((1024, NODE), dtype=np.int64)
        self._slots = np.zeros((4096, SLOT), dtype=np.int64)
        self._entries = np.empty((4096, 2), dtype=np.int64)
        self._pool = np.empty(1 << 16, dtype=np.int64)
        self._seen = np.empty(1024, dtype=np.int64)
        self._state = np.zeros(STATE, dtype=np.int64)
        self._mark = 0

    def decide(self, facts: Int64Array, keys: pa.Array, shingles: pa.Array) -> Decided:
        """Decides n documents. facts: int64 (n, FACTS); keys: their buckets, list<int64>;
        shingles: as `minhash.shingle_sets` gives them."""
        key_offsets, flat_keys = list_buffers(keys)
        offsets, values = list_buffers(shingles)
        count = len(facts)
        self._make_room(count, int(key_offsets[-1] - key_offsets[0]), int(offsets[-1] - offsets[0]))
        out = np.zeros((count, 5), dtype=np.int64)
        measured = np.zeros((count, 2))
        left_out = np.zeros(len(flat_keys), dtype=np.bool_)
        survivor_kernel(
            np.ascontiguousarray(facts),
            key_offsets,
            flat_keys,
            offsets,
            values,
            self._limits,
            self._capacity,
            self._nodes,
            self._slots,
            self._entries,
            self._pool,
            self._seen,
            self._state,
            self._mark,
            out,
            measured,
            left_out,
        )
        self._mark += count
        ends = np.concatenate([[0], np.cumsum(left_out)])[key_offsets]
        return Decided(
            kind=out[:, 0],
            survivor=out[:, 1:3],
            cluster=out[:, 3:5],
            similarity=measured[:, 0],
            containment=measured[:, 1],
            left_out=int64_lists(ends - ends[0], flat_keys[left_out]),
        )

    def _make_room(self, documents: int, keys: int, shingles: int) -> None:
        """Room for one more batch, wherever its components end."""
        nodes, entries, pool, slots = (int(self._state[i]) for i in range(4))
        self._nodes = _grown(self._nodes, nodes, documents)
        self._seen = _grown(self._seen, nodes, documents)
        self._entries = _grown(self._entries, entries, keys + documents)
        self._pool = _grown(self._pool, pool, shingles, most=SHINGLES)
        if 2 * (slots + keys + documents) > len(self._slots):
            size = 1 << (2 * (slots + keys + documents)).bit_length()
            grown = np.zeros((size, SLOT), dtype=np.int64)
            rehash_kernel(self._slots, int(self._state[S_GENERATION]), grown)
            self._slots = grown


def _grown(array: Int64Array, used: int, more: int, most: int = 1 << 62) -> Int64Array:
    """`array`, or a larger one that begins with its used part; no longer than `most`."""
    needed = min(used + more, most)
    if needed <= len(array):
        return array
    grown = np.empty((min(max(needed, 2 * len(array)), most), *array.shape[1:]), dtype=np.int64)
    grown[:used] = array[:used]
    return grown
