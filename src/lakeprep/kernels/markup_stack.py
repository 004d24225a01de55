"""Open elements of the markup scan: what a tag closes, opens, and has copied.

The stack holds open elements but no formatting tags; those have a list of their own, as in the HTML
standard (13.2.4.3), because they are copied into later blocks, which is what makes a small page a
large tree.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from lakeprep.kernels.compiled import helper
from lakeprep.kernels.markup_state import (
    ACTIVE_END,
    ACTIVE_START,
    CELL,
    CLOSES_P,
    DEPTH,
    FOREIGN,
    FOREIGN_DEPTH,
    HEIGHT,
    KEEPS_SPACE,
    LIST,
    LIST_ITEM,
    NODES,
    OPTION,
    OPTIONS,
    PARAGRAPH,
    PARAGRAPHS,
    PREFORMATTED,
    ROW,
    ROW_GROUP,
    SCOPE,
    SELECT,
    SELF_CLOSING,
    STEPS,
    TABLE,
    VOID,
    Hash,
    Hashes,
    Ints,
)

#: Counters of open elements, by the lowest bits of the hash of their name.
BUCKETS: Final = 4096
#: Open formatting tags that are kept apart; a page with more is over any sensible limit by then.
FORMATTING_SLOTS: Final = 2048


@helper
def _pop_to(
    height: int, names: Hashes, flags: Ints, markers: Ints, counts: Ints, state: Ints
) -> None:
    """Close open elements until `height` are left."""
    while state[HEIGHT] > height:
        state[HEIGHT] -= 1
        top = state[HEIGHT]
        counts[np.int64(names[top] & np.uint64(BUCKETS - 1))] -= 1
        if flags[top] & SCOPE:
            state[ACTIVE_END] = state[ACTIVE_START]
            state[ACTIVE_START] = markers[top]
        if flags[top] & FOREIGN:
            state[FOREIGN_DEPTH] -= 1
        if flags[top] & SELECT:
            state[OPTIONS] = -1
        if flags[top] & PARAGRAPH:
            state[PARAGRAPHS] -= 1


@helper
def _close_implied(
    wanted: int,
    barrier: int,
    names: Hashes,
    flags: Ints,
    markers: Ints,
    counts: Ints,
    state: Ints,
) -> None:
    """Close the nearest open element with a flag of `wanted` and all inside it, looking no
    further than one with a flag of `barrier`."""
    i = state[HEIGHT] - 1
    while i >= 0:
        if flags[i] & wanted:
            _pop_to(i, names, flags, markers, counts, state)
            return
        if flags[i] & barrier:
            return
        i -= 1


@helper
def close_named(
    name: Hash, names: Hashes, flags: Ints, markers: Ints, counts: Ints, state: Ints
) -> None:
    """The end tag `name`: close the nearest open element of that name, if there is one."""
    if counts[np.int64(name & np.uint64(BUCKETS - 1))] == 0:
        return
    i = state[HEIGHT] - 1
    while i >= 0:
        if names[i] == name:
            _pop_to(i, names, flags, markers, counts, state)
            return
        i -= 1


@helper
def open_formatting(
    name: Hash, whole: Hash, active_names: Hashes, active_wholes: Hashes, state: Ints
) -> None:
    """Remember an open formatting tag, at most three that are the same to the last attribute
    ("Noah's Ark" in the standard); a full list drops its newest."""
    same = 0
    for i in range(state[ACTIVE_START], state[ACTIVE_END]):
        same += active_wholes[i] == whole
    if same < 3:
        end = min(state[ACTIVE_END], FORMATTING_SLOTS - 1)
        active_names[end] = name
        active_wholes[end] = whole
        state[ACTIVE_END] = end + 1


@helper
def close_formatting(name: Hash, active_names: Hashes, active_wholes: Hashes, state: Ints) -> None:
    """Forget the newest open formatting tag of that name."""
    i = state[ACTIVE_END] - 1
    while i >= state[ACTIVE_START]:
        if active_names[i] == name:
            for k in range(i, state[ACTIVE_END] - 1):
                active_names[k] = active_names[k + 1]
                active_wholes[k] = active_wholes[k + 1]
            state[ACTIVE_END] -= 1
            return
        i -= 1


@helper
def _count_options(kind: int, state: Ints) -> None:
    """A new option makes the parser look at all others of its <select>."""
    if kind & SELECT:
        state[OPTIONS] = 0
    elif kind & OPTION and state[OPTIONS] >= 0:
        state[STEPS] += state[OPTIONS]
        state[OPTIONS] += 1


@helper
def open_element(
    name: Hash,
    kind: int,
    names: Hashes,
    flags: Ints,
    markers: Ints,
    counts: Ints,
    state: Ints,
) -> None:
    """A start tag: close what it implies closed, count it, and put it on the stack."""
    if kind & (CLOSES_P | PARAGRAPH) and state[PARAGRAPHS]:
        _close_implied(PARAGRAPH, SCOPE, names, flags, markers, counts, state)
    if kind & LIST_ITEM:
        _close_implied(LIST_ITEM, LIST | SCOPE, names, flags, markers, counts, state)
    elif kind & CELL:
        _close_implied(CELL, ROW | TABLE, names, flags, markers, counts, state)
    elif kind & ROW:
        _close_implied(ROW, TABLE, names, flags, markers, counts, state)
    elif kind & ROW_GROUP:
        _close_implied(ROW_GROUP, TABLE, names, flags, markers, counts, state)
    elif kind & OPTION:
        _close_implied(OPTION, ~OPTION, names, flags, markers, counts, state)
    if kind & PREFORMATTED:
        state[KEEPS_SPACE] = 1
    open_tags = state[ACTIVE_END] - state[ACTIVE_START]
    depth = state[HEIGHT] + open_tags + 1
    if kind & (CLOSES_P | PARAGRAPH | CELL):
        state[NODES] += open_tags
    state[DEPTH] = max(state[DEPTH], depth)
    state[STEPS] += depth
    _count_options(kind, state)
    if kind & VOID or (state[SELF_CLOSING] and state[FOREIGN_DEPTH]):
        return
    top = state[HEIGHT]
    if top == len(names):
        return
    names[top] = name
    flags[top] = kind
    markers[top] = state[ACTIVE_START]
    counts[np.int64(name & np.uint64(BUCKETS - 1))] += 1
    state[HEIGHT] = top + 1
    if kind & SCOPE:
        state[ACTIVE_START] = state[ACTIVE_END]
    if kind & FOREIGN:
        state[FOREIGN_DEPTH] += 1
    if kind & PARAGRAPH:
        state[PARAGRAPHS] += 1
