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
from lakeprep.kernels.buckets import (
    N_CLUSTER,
    N_ID,
    N_START,
    N_STOP,
    N_SURVIVOR,
    N_TEXT,
    N_URL,
    ROWS2,
    S_COMPONENT,
    S_ENTRIES,
    S_GENERATION,
    S_NODES,
    S_POOL,
    Buckets,
    enter,
    keep_shingles,
    look_up,
    node_of,
    own_key,
    same,
    start_component,
)
from lakeprep.kernels.compiled import I64_TABLE, helper, hot_helper, kernel
from lakeprep.kernels.shingles import common_shingles

Int64Array = npt.NDArray[np.int64]
Float64Array = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

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
    common = common_shingles(values, start, stop, pool, node[N_START], node[N_STOP])
    measured[0] = common / (size + other - common)
    measured[1] = common / smaller
    if kind == 0 and (measured[0] >= limits[0] or (may_contain and measured[1] >= limits[1])):
        kind = NEAR
    return kind


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
def take_over(facts: Int64Array, node: Int64Array) -> None:
    """A document's facts into its node."""
    for i in range(2):
        node[N_ID + i] = facts[ID + i]
        node[N_TEXT + i] = facts[TEXT_DIGEST + i]
        node[N_URL + i] = facts[URL_DIGEST + i]
        node[N_CLUSTER + i] = facts[CLUSTER + i]
    node[N_START] = 0
    node[N_STOP] = 0


@hot_helper
def keep(
    facts: Int64Array,
    keys: Int64Array,
    first: int,
    last: int,
    values: Int64Array,
    start: int,
    stop: int,
    node: int,
    capacity: int,
    nodes: Int64Array,
    slots: Int64Array,
    entries: Int64Array,
    pool: Int64Array,
    state: Int64Array,
    left_out: Bools,
) -> None:
    """Keeps a document for later ones to meet: its node, its shingles `values[start:stop]` and its
    places in the buckets `keys[first:last]`, and in one of its own if it is to be found by its id.
    Where it enters none, nothing of it is kept. Writes to `left_out` which were full; without room
    for its shingles, all are."""
    used, entries_before = state[S_POOL], state[S_ENTRIES]
    if not keep_shingles(values, start, stop, nodes[node], pool, state):
        for i in range(first, last):
            left_out[i] = True
        return
    if facts[STANDING] == KEPT:
        enter(own_key(facts, ID), node, capacity, nodes, slots, entries, state)
    for i in range(first, last):
        left_out[i] = not enter(keys[i], node, capacity, nodes, slots, entries, state)
    if state[S_ENTRIES] > entries_before:
        state[S_NODES] += 1
    else:  # nobody will meet it
        state[S_POOL] = used


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
    left_out: Bools,
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
                keys, first, last, nodes, slots, entries, seen, mark + document,
                state[S_GENERATION], survivors, dropped, counts,
            )  # fmt: skip
            out[document, 0] = decide_one(
                fact, values, start, stop, nodes, node, pool, limits,
                survivors, dropped, counts, measured[document],
            )  # fmt: skip
        elif fact[STANDING] == KEPT:
            nodes[node, N_SURVIVOR] = -1
        else:
            nodes[node, N_SURVIVOR] = node_of(
                fact, SURVIVOR_ID, nodes, slots, entries, state[S_GENERATION]
            )
        survivor = nodes[node, N_SURVIVOR]
        for i in range(2):
            out[document, 1 + i] = nodes[survivor, N_ID + i] if survivor >= 0 else 0
            out[document, 3 + i] = nodes[node, N_CLUSTER + i]
        keep(
            fact, keys, first, last, values, start, stop, node, capacity,
            nodes, slots, entries, pool, state, left_out,
        )  # fmt: skip


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
        self._buckets = Buckets()
        self._mark = 0

    def decide(self, facts: Int64Array, keys: pa.Array, shingles: pa.Array) -> Decided:
        """Decides n documents. facts: int64 (n, FACTS); keys: their buckets, list<int64>;
        shingles: as `minhash.shingle_sets` gives them."""
        key_offsets, flat_keys = list_buffers(keys)
        offsets, values = list_buffers(shingles)
        count = len(facts)
        key_count, shingle_count = (int(o[-1] - o[0]) for o in (key_offsets, offsets))
        own = self._buckets
        own.make_room(count, key_count, shingle_count, most_shingles=SHINGLES)
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
            own.nodes,
            own.slots,
            own.entries,
            own.pool,
            own.seen,
            own.state,
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
