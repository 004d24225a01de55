"""The kernels of `score.markup`: a reduced HTML tree builder that counts instead of building, and
copies what an extractor reads.

Tags are known by the hash of their name and a set of flags. The stack holds open elements but no
formatting tags; those have a list of their own, as in the HTML standard (13.2.4.3), because they
are copied into later blocks, which is what makes a small page a large tree.
"""

from __future__ import annotations

from typing import Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from lakeprep.kernels.compiled import BYTES, I64_TABLE, U64_TABLE, helper, kernel
from lakeprep.kernels.vectors import WINDOW, equal_at, trailing_zeros

Bytes: TypeAlias = NDArray[np.uint8]
Ints: TypeAlias = NDArray[np.int64]
Hashes: TypeAlias = NDArray[np.uint64]
Hash: TypeAlias = np.uint64

# What the name of a tag says of it.
VOID: Final = 1 << 0
RAW_TEXT: Final = 1 << 1
FORMATTING: Final = 1 << 2
CLOSES_P: Final = 1 << 3
SCOPE: Final = 1 << 4
FOREIGN: Final = 1 << 5
LIST_ITEM: Final = 1 << 6
CELL: Final = 1 << 7
ROW: Final = 1 << 8
ROW_GROUP: Final = 1 << 9
TABLE: Final = 1 << 10
PARAGRAPH: Final = 1 << 11
LIST: Final = 1 << 12
IGNORED: Final = 1 << 13
OPTION: Final = 1 << 14
SELECT: Final = 1 << 15
SCRIPT: Final = 1 << 16
# What is inside is no text of the page.
HOLLOW: Final = 1 << 17
# The name is (also) that of an attribute that is read.
ATTRIBUTE: Final = 1 << 18

# Slots of the table from names to flags; a power of two, several times the number of names.
SLOTS: Final = 1024
_BUCKETS: Final = 4096
# Open formatting tags that are kept apart; a page with more is over any sensible limit by then.
_FORMATTING_SLOTS: Final = 2048

# Cells of the state that the kernels share.
_HEIGHT: Final = 0  # open elements, formatting tags apart
_ACTIVE_START: Final = 1  # first open formatting tag since the last marker (cell, caption, ...)
_ACTIVE_END: Final = 2
_FOREIGN_DEPTH: Final = 3
_NODES: Final = 4
_DEPTH: Final = 5
_STEPS: Final = 6
_ATTRIBUTES: Final = 7
_SELF_CLOSING: Final = 8
_OPTIONS: Final = 9  # in the open <select>; -1 if there is none
_PARAGRAPHS: Final = 10  # open ones
_COPIED: Final = 11  # bytes of the copy so far
_BEHIND: Final = 12  # what is before this position of the page is in the copy or left out of it
_STATE_CELLS: Final = 13


@helper
def _hash_of(data: Bytes, start: int, end: int) -> Hash:
    """FNV-1a over lower-cased ASCII; never 0, which marks a free slot."""
    hashed = np.uint64(0xCBF29CE484222325)
    for i in range(start, end):
        byte = data[i]
        if 65 <= byte <= 90:
            byte += np.uint8(32)
        hashed = (hashed ^ np.uint64(byte)) * np.uint64(0x100000001B3)
    return hashed | np.uint64(1)


@helper
def _slot_of(names: Hashes, hashed: Hash) -> np.int64:
    """The slot that holds `hashed`, or the free one where it belongs."""
    slot = np.int64(hashed & np.uint64(SLOTS - 1))
    while names[slot] != 0 and names[slot] != hashed:
        slot = (slot + 1) & (SLOTS - 1)
    return slot


@kernel(f"void({BYTES}, int64, uint64[::1], int64[::1])")
def add_tag(tag: Bytes, flag: int, names: Hashes, flags: Ints) -> None:
    """Enters the flag of a tag, or one more of them, into the table that `scan` takes."""
    hashed = _hash_of(tag, 0, len(tag))
    slot = _slot_of(names, hashed)
    names[slot] = hashed
    flags[slot] |= flag


@helper
def _leave_out(data: Bytes, start: int, end: int, lean: Bytes, state: Ints) -> None:
    """Brings the copy up to `start`, and has it go on at `end`."""
    behind = state[_BEHIND]
    copied = state[_COPIED]
    for i in range(start - behind):
        lean[copied + i] = data[behind + i]
    state[_COPIED] = copied + start - behind
    state[_BEHIND] = end


@helper
def _next(data: Bytes, start: int, byte: int) -> int:
    """Position of the next `byte` from `start` on; the end of the data if there is none."""
    size = len(data)
    i = start
    while i + WINDOW <= size:
        found = equal_at(data, i, byte)
        if found:
            return i + int(trailing_zeros(found))
        i += WINDOW
    while i < size and data[i] != byte:
        i += 1
    return i


@helper
def _is_comment_at(data: Bytes, at: int) -> bool:
    """Whether the `<` at `at` begins a comment."""
    if at + 3 >= len(data):
        return False
    return bool(data[at + 1] == 33 and data[at + 2] == 45 and data[at + 3] == 45)


@helper
def _end_of_comment(data: Bytes, start: int) -> int:
    """Position after the comment whose `<!--` ends at `start`."""
    size = len(data)
    if start < size and data[start] == 62:
        return start + 1
    if start + 1 < size and data[start] == 45 and data[start + 1] == 62:
        return start + 2
    i = _next(data, start + 2, 62)
    while i < size:
        dashes = i - 3 if data[i - 1] == 33 else i - 2
        if dashes >= start and data[dashes] == 45 and data[dashes + 1] == 45:
            return i + 1
        i = _next(data, i + 1, 62)
    return size


@helper
def _empty_comment(data: Bytes, start: int, end: int, lean: Bytes, state: Ints) -> None:
    """Leaves out what is in the comment data[start:end]. It stays one: it parts two texts."""
    closing = end - 4 if data[end - 2] == 33 else end - 3
    closed = data[closing] == 45 and data[closing + 1] == 45 and data[end - 1] == 62
    _leave_out(data, start, closing if closed else end, lean, state)


@helper
def _end_of_other(data: Bytes, start: int, state: Ints) -> int:
    """Position after what a `<` at `start` begins if it is no tag: a comment, something that is
    read as one, or nothing."""
    after = data[start + 1]
    if after != 33 and after != 63 and after != 47:
        return start + 1
    state[_NODES] += 1
    if _is_comment_at(data, start):
        return _end_of_comment(data, start + 4)
    return _next(data, start + 2, 62)


@helper
def _is_tag_at(data: Bytes, at: int, name_start: int, name_end: int) -> bool:
    """Whether the name data[name_start:name_end], case apart, stands at `at` and ends there."""
    end = at + name_end - name_start
    if end >= len(data):
        return False
    for k in range(name_end - name_start):
        if (data[at + k] | 32) != (data[name_start + k] | 32):
            return False
    return bool(data[end] <= 32 or data[end] == 47 or data[end] == 62)


@helper
def _end_of_raw_text(data: Bytes, start: int, name_start: int, name_end: int, kind: int) -> int:
    """Position of the `</name` that ends a script, style, ... whose tag ends at `start`.

    In a script, `<!--` begins what `-->` ends, and within it `<script` what the next `</script`
    ends instead of the whole (13.2.5.20 to 33).
    """
    size = len(data)
    level = 0
    i = start
    while i < size:
        if level == 0:
            i = _next(data, i, 60)
        elif data[i] == 45 and i + 2 < size and data[i + 1] == 45 and data[i + 2] == 62:
            level = 0
            i += 2
        if i < size and data[i] == 60:
            if i + 1 < size and data[i + 1] == 47:
                if _is_tag_at(data, i + 2, name_start, name_end):
                    if level < 2:
                        return i
                    level = 1
            elif kind & SCRIPT:
                if level == 1:
                    level += _is_tag_at(data, i + 1, name_start, name_end)
                elif level == 0 and _is_comment_at(data, i):
                    level = 1
                    i += 1
        i += 1
    return size


@helper
def _is_read(data: Bytes, start: int, end: int, table: Hashes, table_flags: Ints) -> bool:
    """Whether the attribute of that name is read."""
    name = _hash_of(data, start, end)
    slot = _slot_of(table, name)
    return bool(table[slot] == name and table_flags[slot] & ATTRIBUTE)


@helper
def _end_of_tag(
    data: Bytes, start: int, table: Hashes, table_flags: Ints, lean: Bytes, state: Ints
) -> int:
    """Position after the `>` of the tag whose name ends at `start`; counts its attributes, leaves
    those out of the copy that are not read, and notes whether it closes itself. The end of the data
    if the tag does not end."""
    size = len(data)
    i = start
    attributes = 0
    state[_SELF_CLOSING] = 0
    while i < size and data[i] != 62:
        if data[i] <= 32:
            i += 1
            continue
        if data[i] == 47:
            i += 1
            state[_SELF_CLOSING] = 1 if i < size and data[i] == 62 else 0
            continue
        attributes += 1
        name_start = i
        i += 1
        while i < size and data[i] > 32 and data[i] != 47 and data[i] != 61 and data[i] != 62:
            i += 1
        name_end = i
        while i < size and data[i] <= 32:
            i += 1
        end = name_end
        if i < size and data[i] == 61:
            i += 1
            while i < size and data[i] <= 32:
                i += 1
            if i < size and (data[i] == 34 or data[i] == 39):
                i = _next(data, i + 1, data[i]) + 1
            else:
                while i < size and data[i] > 32 and data[i] != 62:
                    i += 1
            end = min(i, size)
        if not _is_read(data, name_start, name_end, table, table_flags):
            _leave_out(data, name_start, end, lean, state)
    state[_ATTRIBUTES] = max(state[_ATTRIBUTES], attributes)
    return min(i + 1, size)


@helper
def _pop_to(
    height: int, names: Hashes, flags: Ints, markers: Ints, counts: Ints, state: Ints
) -> None:
    """Close open elements until `height` are left."""
    while state[_HEIGHT] > height:
        state[_HEIGHT] -= 1
        top = state[_HEIGHT]
        counts[np.int64(names[top] & np.uint64(_BUCKETS - 1))] -= 1
        if flags[top] & SCOPE:
            state[_ACTIVE_END] = state[_ACTIVE_START]
            state[_ACTIVE_START] = markers[top]
        if flags[top] & FOREIGN:
            state[_FOREIGN_DEPTH] -= 1
        if flags[top] & SELECT:
            state[_OPTIONS] = -1
        if flags[top] & PARAGRAPH:
            state[_PARAGRAPHS] -= 1


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
    i = state[_HEIGHT] - 1
    while i >= 0:
        if flags[i] & wanted:
            _pop_to(i, names, flags, markers, counts, state)
            return
        if flags[i] & barrier:
            return
        i -= 1


@helper
def _close_named(
    name: Hash, names: Hashes, flags: Ints, markers: Ints, counts: Ints, state: Ints
) -> None:
    """The end tag `name`: close the nearest open element of that name, if there is one."""
    if counts[np.int64(name & np.uint64(_BUCKETS - 1))] == 0:
        return
    i = state[_HEIGHT] - 1
    while i >= 0:
        if names[i] == name:
            _pop_to(i, names, flags, markers, counts, state)
            return
        i -= 1


@helper
def _open_formatting(
    name: Hash, whole: Hash, active_names: Hashes, active_wholes: Hashes, state: Ints
) -> None:
    """Remember an open formatting tag, at most three that are the same to the last attribute
    ("Noah's Ark" in the standard); a full list drops its newest."""
    same = 0
    for i in range(state[_ACTIVE_START], state[_ACTIVE_END]):
        same += active_wholes[i] == whole
    if same < 3:
        end = min(state[_ACTIVE_END], _FORMATTING_SLOTS - 1)
        active_names[end] = name
        active_wholes[end] = whole
        state[_ACTIVE_END] = end + 1


@helper
def _close_formatting(name: Hash, active_names: Hashes, active_wholes: Hashes, state: Ints) -> None:
    """Forget the newest open formatting tag of that name."""
    i = state[_ACTIVE_END] - 1
    while i >= state[_ACTIVE_START]:
        if active_names[i] == name:
            for k in range(i, state[_ACTIVE_END] - 1):
                active_names[k] = active_names[k + 1]
                active_wholes[k] = active_wholes[k + 1]
            state[_ACTIVE_END] -= 1
            return
        i -= 1


@helper
def _count_options(kind: int, state: Ints) -> None:
    """A new option makes the parser look at all others of its <select>."""
    if kind & SELECT:
        state[_OPTIONS] = 0
    elif kind & OPTION and state[_OPTIONS] >= 0:
        state[_STEPS] += state[_OPTIONS]
        state[_OPTIONS] += 1


@helper
def _open_element(
    name: Hash,
    kind: int,
    names: Hashes,
    flags: Ints,
    markers: Ints,
    counts: Ints,
    state: Ints,
) -> None:
    """A start tag: close what it implies closed, count it, and put it on the stack."""
    if kind & (CLOSES_P | PARAGRAPH) and state[_PARAGRAPHS]:
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
    open_tags = state[_ACTIVE_END] - state[_ACTIVE_START]
    depth = state[_HEIGHT] + open_tags + 1
    if kind & (CLOSES_P | PARAGRAPH | CELL):
        state[_NODES] += open_tags
    state[_DEPTH] = max(state[_DEPTH], depth)
    state[_STEPS] += depth
    _count_options(kind, state)
    if kind & VOID or (state[_SELF_CLOSING] and state[_FOREIGN_DEPTH]):
        return
    top = state[_HEIGHT]
    if top == len(names):
        return
    names[top] = name
    flags[top] = kind
    markers[top] = state[_ACTIVE_START]
    counts[np.int64(name & np.uint64(_BUCKETS - 1))] += 1
    state[_HEIGHT] = top + 1
    if kind & SCOPE:
        state[_ACTIVE_START] = state[_ACTIVE_END]
    if kind & FOREIGN:
        state[_FOREIGN_DEPTH] += 1
    if kind & PARAGRAPH:
        state[_PARAGRAPHS] += 1


@kernel(
    f"UniTuple(int64, 5)({BYTES}, {U64_TABLE}, {I64_TABLE}, int64, int64, int64, int64, uint8[::1])"
)
def scan(
    data: Bytes,
    table: Hashes,
    table_flags: Ints,
    max_nodes: int,
    max_depth: int,
    max_steps: int,
    max_attributes: int,
    lean: Bytes,
) -> tuple[int, int, int, int, int]:
    """Nodes, depth, steps and attributes, as MarkupSize defines them; bytes of the copy, for which
    `lean` is as long as `data`."""
    names = np.empty(max_depth + 1, np.uint64)
    flags = np.empty(max_depth + 1, np.int64)
    markers = np.empty(max_depth + 1, np.int64)
    counts = np.zeros(_BUCKETS, np.int64)
    active_names = np.empty(_FORMATTING_SLOTS, np.uint64)
    active_wholes = np.empty(_FORMATTING_SLOTS, np.uint64)
    state = np.zeros(_STATE_CELLS, np.int64)
    state[_OPTIONS] = -1
    size = len(data)
    i = 0
    while True:
        i = _next(data, i, 60)
        if i + 1 >= size:
            break
        closing = data[i + 1] == 47
        start = i + 2 if closing else i + 1
        if not (start < size and 97 <= (data[start] | 32) <= 122):
            end = _end_of_other(data, i, state)
            if _is_comment_at(data, i) and end - i > 7:
                _empty_comment(data, i + 4, end, lean, state)
            i = end
            continue
        end = start
        while end < size and data[end] > 32 and data[end] != 47 and data[end] != 62:
            end += 1
        name = _hash_of(data, start, end)
        slot = _slot_of(table, name)
        kind = table_flags[slot] if table[slot] == name else 0
        if kind & OPTION and state[_OPTIONS] >= 0:
            _leave_out(data, i, i, lean, state)
            before = state[_COPIED]
            i = _end_of_tag(data, end, table, table_flags, lean, state)
            state[_COPIED] = before
            state[_BEHIND] = _next(data, i, 60)
        else:
            i = _end_of_tag(data, end, table, table_flags, lean, state)
        state[_NODES] += 1
        if kind & IGNORED:
            continue
        if closing:
            if kind & FORMATTING:
                _close_formatting(name, active_names, active_wholes, state)
            else:
                _close_named(name, names, flags, markers, counts, state)
        elif kind & FORMATTING:
            whole = _hash_of(data, start, i)
            _open_formatting(name, whole, active_names, active_wholes, state)
        elif kind & RAW_TEXT and state[_FOREIGN_DEPTH] == 0:
            inside = i
            i = _end_of_raw_text(data, inside, start, end, kind)
            if kind & HOLLOW:
                _leave_out(data, inside, i, lean, state)
        else:
            _open_element(name, kind, names, flags, markers, counts, state)
        if (
            state[_NODES] > max_nodes
            or state[_DEPTH] > max_depth
            or state[_STEPS] > max_steps
            or state[_ATTRIBUTES] > max_attributes
        ):
            break
    _leave_out(data, size, size, lean, state)
    return state[_NODES], state[_DEPTH], state[_STEPS], state[_ATTRIBUTES], state[_COPIED]
