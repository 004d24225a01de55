"""Open elements of the markup scan: what a tag closes, opens, and has copied.

The stack holds open elements but no formatting tags; those have a list of their own, as in the HTML
standard (13.2.4.3), because they are copied into later blocks, which is what makes a small page a
large tree. Rules that are simpler here than in the standard count more than is built; the parts
of a table that a parser adds by itself (two levels a table) are not counted.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from lakeprep.kernels.compiled import helper
from lakeprep.kernels.markup_state import (
    ACTIVE_END,
    ACTIVE_START,
    BEFORE,
    BOUNDARY,
    BUTTON,
    CELL,
    CLOSES_P,
    DEPTH,
    DESCRIPTION,
    ENDS_SELECT,
    FOREIGN,
    FORM,
    FORM_END,
    FORMATTING,
    HEADING,
    HEIGHT,
    HOLDER,
    IN_FOREIGN,
    KEEPS_SPACE,
    LIST,
    LIST_ITEM,
    MARKER,
    MATH,
    MATH_HOLDER,
    NODES,
    OPTION,
    OPTIONS,
    PARAGRAPH,
    PARAGRAPHS,
    PREFORMATTED,
    ROW,
    ROW_GROUP,
    RUBY_PART,
    SCOPE,
    SELECT,
    SELF_CLOSING,
    SPECIAL,
    STEPS,
    SVG_HOLDER,
    TABLE,
    TABLE_PART,
    TABLES,
    TRANSPARENT,
    VOID,
    Hash,
    Hashes,
    IntRows,
    Ints,
)

#: Counters of open elements, by the lowest bits of the hash of their name.
BUCKETS: Final = 4096
#: Open formatting tags that are kept apart; a page with more is over any sensible limit by then.
FORMATTING_SLOTS: Final = 2048

#: Columns of `saved`: what a cell of the state was before an element was opened.
SAVED_START: Final = 0
SAVED_BOUNDARY: Final = 1
SAVED_OPTIONS: Final = 2
SAVED: Final = 3


@helper
def _pop_to(
    height: int, names: Hashes, flags: Ints, saved: IntRows, counts: Ints, state: Ints
) -> None:
    """Close open elements until `height` are left."""
    while state[HEIGHT] > height:
        state[HEIGHT] -= 1
        top = state[HEIGHT]
        counts[np.int64(names[top] & np.uint64(BUCKETS - 1))] -= 1
        if flags[top] & MARKER:
            state[ACTIVE_END] = state[ACTIVE_START]
            state[ACTIVE_START] = saved[top, SAVED_START]
        state[BOUNDARY] = saved[top, SAVED_BOUNDARY]
        if flags[top] & TABLE:
            state[TABLES] -= 1
        state[IN_FOREIGN] = flags[top] >> BEFORE
        if flags[top] & SELECT:
            state[OPTIONS] = saved[top, SAVED_OPTIONS]
        if flags[top] & PARAGRAPH:
            state[PARAGRAPHS] -= 1


@helper
def _close_implied(
    wanted: int,
    barrier: int,
    passed: int,
    names: Hashes,
    flags: Ints,
    saved: IntRows,
    counts: Ints,
    state: Ints,
) -> None:
    """Close the nearest open element with a flag of `wanted` and all inside it, looking no
    further than one with a flag of `barrier` and none of `passed`."""
    i = state[HEIGHT] - 1
    while i >= 0:
        if flags[i] & wanted:
            _pop_to(i, names, flags, saved, counts, state)
            return
        if flags[i] & HOLDER or (flags[i] & barrier and not flags[i] & passed):
            return
        i -= 1


@helper
def _close_top(
    wanted: int, names: Hashes, flags: Ints, saved: IntRows, counts: Ints, state: Ints
) -> None:
    """Close the innermost elements as long as they have a flag of `wanted`."""
    while state[HEIGHT] and flags[state[HEIGHT] - 1] & wanted:
        _pop_to(state[HEIGHT] - 1, names, flags, saved, counts, state)


@helper
def _is_foreign(flags: int) -> bool:
    """Whether an open element with these flags is one of SVG or MathML."""
    return bool(flags & FOREIGN or flags >> BEFORE)


@helper
def _remove_form(names: Hashes, flags: Ints, saved: IntRows, counts: Ints, state: Ints) -> None:
    """The end tag of a form: what is open in it stays open."""
    i = state[FORM_END] - 1
    state[FORM_END] = 0
    if i < max(0, state[BOUNDARY]) or i >= state[HEIGHT] or not flags[i] & FORM:
        return
    _close_top(LIST_ITEM | DESCRIPTION | OPTION | PARAGRAPH, names, flags, saved, counts, state)
    counts[np.int64(names[i] & np.uint64(BUCKETS - 1))] -= 1
    state[HEIGHT] -= 1
    for k in range(i, state[HEIGHT]):
        names[k] = names[k + 1]
        flags[k] = flags[k + 1]
        for column in range(SAVED):
            saved[k, column] = saved[k + 1, column]


@helper
def _close_named(
    name: Hash, kind: int, names: Hashes, flags: Ints, saved: IntRows, counts: Ints, state: Ints
) -> bool:
    """The end tag `name`: close the nearest open element of that name, if there is one that it
    reaches; whether there was. One of a heading ends any heading, and that of a form leaves open
    what is in it."""
    if kind & FORM and not state[IN_FOREIGN]:
        _remove_form(names, flags, saved, counts, state)
        return True
    heading = kind & HEADING
    if not heading and counts[np.int64(name & np.uint64(BUCKETS - 1))] == 0:
        return False
    if kind & (TABLE_PART | TABLE):
        barrier = TABLE
    elif kind & SPECIAL:
        barrier = SCOPE | (LIST if kind & LIST_ITEM else 0)
    else:
        barrier = SPECIAL
    top = state[HEIGHT] - 1
    i = top
    while i >= 0 and _is_foreign(flags[i]):  # there none bars
        if names[i] == name:
            _pop_to(i, names, flags, saved, counts, state)
            return True
        i -= 1
    i = top
    while i >= 0:
        if (names[i] == name and not _is_foreign(flags[i])) or flags[i] & heading:
            _pop_to(i, names, flags, saved, counts, state)
            return True
        if flags[i] & (barrier | HOLDER):
            break
        i -= 1
    state[STEPS] += top - i
    return False


@helper
def open_formatting(
    name: Hash,
    whole: Hash,
    active_names: Hashes,
    active_wholes: Hashes,
    active_heights: Ints,
    state: Ints,
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
        active_heights[end] = state[HEIGHT]
        state[ACTIVE_END] = end + 1
    open_tags = state[ACTIVE_END] - state[ACTIVE_START]
    state[DEPTH] = max(state[DEPTH], state[HEIGHT] + open_tags)
    state[STEPS] += open_tags


@helper
def _close_formatting(
    name: Hash, active_names: Hashes, active_wholes: Hashes, active_heights: Ints, state: Ints
) -> bool:
    """Forget the newest open formatting tag of that name, if it is in scope; whether it was."""
    i = state[ACTIVE_END] - 1
    while i >= state[ACTIVE_START]:
        if active_names[i] == name:
            if active_heights[i] <= state[BOUNDARY]:
                return False
            for k in range(i, state[ACTIVE_END] - 1):
                active_names[k] = active_names[k + 1]
                active_wholes[k] = active_wholes[k + 1]
                active_heights[k] = active_heights[k + 1]
            state[ACTIVE_END] -= 1
            return True
        i -= 1
    return False


@helper
def close_tag(
    name: Hash,
    kind: int,
    names: Hashes,
    flags: Ints,
    saved: IntRows,
    counts: Ints,
    active_names: Hashes,
    active_wholes: Hashes,
    active_heights: Ints,
    state: Ints,
) -> None:
    """An end tag. Within SVG and MathML a formatting tag may be one of theirs, and if not ends
    them."""
    if not kind & FORMATTING or state[IN_FOREIGN]:
        if _close_named(name, kind, names, flags, saved, counts, state) or not kind & FORMATTING:
            return
        if _close_formatting(name, active_names, active_wholes, active_heights, state):
            break_out(names, flags, saved, counts, state)
    elif not _close_formatting(name, active_names, active_wholes, active_heights, state):
        _close_named(name, kind, names, flags, saved, counts, state)


@helper
def break_out(names: Hashes, flags: Ints, saved: IntRows, counts: Ints, state: Ints) -> None:
    """A tag of HTML within SVG or MathML closes them (13.2.6.5)."""
    while state[IN_FOREIGN] and state[HEIGHT]:
        _pop_to(state[HEIGHT] - 1, names, flags, saved, counts, state)


@helper
def _close_what_it_implies(
    kind: int, names: Hashes, flags: Ints, saved: IntRows, counts: Ints, state: Ints
) -> None:
    """Close what a start tag implies closed."""
    if kind & (CLOSES_P | PARAGRAPH) and state[PARAGRAPHS]:
        _close_implied(PARAGRAPH, SCOPE | BUTTON, 0, names, flags, saved, counts, state)
    item = kind & (LIST_ITEM | DESCRIPTION)
    if item:
        _close_implied(item, SPECIAL, TRANSPARENT, names, flags, saved, counts, state)
    elif kind & CELL:
        _close_implied(CELL, ROW | TABLE, 0, names, flags, saved, counts, state)
    elif kind & ROW:
        _close_implied(ROW, TABLE, 0, names, flags, saved, counts, state)
    elif kind & ROW_GROUP:
        _close_implied(ROW_GROUP, TABLE, 0, names, flags, saved, counts, state)
    elif kind & BUTTON:
        _close_implied(BUTTON, SCOPE, 0, names, flags, saved, counts, state)
    elif kind & RUBY_PART:
        ends = LIST_ITEM | DESCRIPTION | OPTION | PARAGRAPH
        _close_top(ends, names, flags, saved, counts, state)
    elif kind & OPTION:
        _close_top(OPTION, names, flags, saved, counts, state)


@helper
def open_element(
    name: Hash,
    kind: int,
    names: Hashes,
    flags: Ints,
    saved: IntRows,
    counts: Ints,
    state: Ints,
) -> None:
    """A start tag: close what it implies closed, count it, and put it on the stack."""
    if not state[IN_FOREIGN]:
        if kind & ENDS_SELECT and state[OPTIONS] >= 0:
            _close_implied(SELECT, SCOPE, 0, names, flags, saved, counts, state)
            if kind & SELECT and state[OPTIONS] < 0:
                return
        if kind & FORM and state[FORM_END]:
            return
        _close_what_it_implies(kind, names, flags, saved, counts, state)
    if kind & PREFORMATTED:
        state[KEEPS_SPACE] = 1
    open_tags = state[ACTIVE_END] - state[ACTIVE_START]
    depth = state[HEIGHT] + open_tags + 1
    if kind & (CLOSES_P | PARAGRAPH):
        state[NODES] += open_tags
    state[DEPTH] = max(state[DEPTH], depth)
    state[STEPS] += depth
    if kind & OPTION and state[OPTIONS] >= 0 and not state[IN_FOREIGN]:
        # The parser looks at all others of its <select>.
        state[STEPS] += state[OPTIONS]
        state[OPTIONS] += 1
    if kind & VOID or (state[SELF_CLOSING] and (state[IN_FOREIGN] or kind & FOREIGN)):
        return
    top = state[HEIGHT]
    if top == len(names):
        return
    before = state[IN_FOREIGN]
    if before:
        kind &= SVG_HOLDER if before == 1 else MATH_HOLDER
        state[IN_FOREIGN] = 0 if kind else before
    else:
        kind &= ~HOLDER
        if kind & FOREIGN:
            state[IN_FOREIGN] = 2 if kind & MATH else 1
    names[top] = name
    flags[top] = kind | before << BEFORE
    saved[top, SAVED_START] = state[ACTIVE_START]
    saved[top, SAVED_BOUNDARY] = state[BOUNDARY]
    saved[top, SAVED_OPTIONS] = state[OPTIONS]
    counts[np.int64(name & np.uint64(BUCKETS - 1))] += 1
    state[HEIGHT] = top + 1
    if kind & MARKER:
        state[ACTIVE_START] = state[ACTIVE_END]
    if kind & (SCOPE | HOLDER):
        state[BOUNDARY] = top
    if kind & SELECT:
        state[OPTIONS] = 0
    if kind & FORM:
        state[FORM_END] = top + 1
    if kind & PARAGRAPH:
        state[PARAGRAPHS] += 1
    if kind & TABLE:
        state[TABLES] += 1
