"""Tokens of the markup scan: where a tag, a comment or raw text ends, and what of it the copy gets.

What is between tags stays as it is, but for white space: next to a tag, what is more than one
character of it shows nothing, unless it is preformatted.
"""

from __future__ import annotations

from lakeprep.kernels.compiled import helper
from lakeprep.kernels.markup_state import (
    ACTIVE_END,
    ATTRIBUTE,
    ATTRIBUTES,
    BEHIND,
    COPIED,
    FONT,
    HEIGHT,
    IN_FOREIGN,
    KEEPS_SPACE,
    NODES,
    OF_FONT,
    OPTION,
    OPTIONS,
    SELF_CLOSING,
    SHAPE,
    UNSEEN,
    Bytes,
    Hashes,
    Ints,
    flags_of,
    hash_of,
)
from lakeprep.kernels.vectors import WINDOW, equal_at, trailing_zeros


@helper
def next_byte(data: Bytes, start: int, byte: int) -> int:
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
def leave_out(data: Bytes, start: int, end: int, lean: Bytes, state: Ints) -> None:
    """Brings the copy up to `start`, and has it go on at `end`."""
    behind = state[BEHIND]
    copied = state[COPIED]
    for i in range(start - behind):
        lean[copied + i] = data[behind + i]
    state[COPIED] = copied + start - behind
    state[BEHIND] = end


@helper
def _is_white(byte: int) -> bool:
    """Whether HTML takes the byte for white space."""
    return byte == 32 or (9 <= byte <= 13 and byte != 11)


@helper
def pass_text(data: Bytes, start: int, end: int, lean: Bytes, state: Ints) -> None:
    """Leaves out the white space at both ends of a text that shows nothing."""
    if state[KEEPS_SPACE] or start < state[BEHIND]:
        return
    first = start
    while first < end and _is_white(data[first]):
        first += 1
    if first - start > 1:
        leave_out(data, start + 1, first, lean, state)
    last = end
    while last > first and _is_white(data[last - 1]):
        last -= 1
    if end - last > 1:
        leave_out(data, last + 1, end, lean, state)


@helper
def _stands_apart(data: Bytes, at: int) -> bool:
    """Whether what is before and behind a token at `at` is read the same without it: behind a `<`
    or an `&` it would not be."""
    return bool(at == 0 or data[at - 1] == 62 or _is_white(data[at - 1]))


@helper
def end_of_name(data: Bytes, start: int) -> int:
    """Position after the name of a tag that begins at `start`; `start` if no letter does."""
    size = len(data)
    end = start
    if start < size and 97 <= (data[start] | 32) <= 122:
        while end < size and data[end] > 32 and data[end] != 47 and data[end] != 62:
            end += 1
    return end


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
    i = next_byte(data, start + 2, 62)
    while i < size:
        dashes = i - 3 if data[i - 1] == 33 else i - 2
        if dashes >= start and data[dashes] == 45 and data[dashes + 1] == 45:
            return i + 1
        i = next_byte(data, i + 1, 62)
    return size


@helper
def pass_other(data: Bytes, at: int, lean: Bytes, state: Ints) -> int:
    """Position after what the `<` at `at` begins if it is no tag: a comment, of which the copy gets
    an empty one at most, something that is read as one, or nothing."""
    after = data[at + 1]
    if after != 33 and after != 63 and after != 47:
        return at + 1
    state[NODES] += 1
    if not _is_comment_at(data, at):
        return next_byte(data, at + 2, 62)
    end = _end_of_comment(data, at + 4)
    if end - at > 7:
        _empty_comment(data, at + 4, end, lean, state)
    return end


@helper
def _empty_comment(data: Bytes, start: int, end: int, lean: Bytes, state: Ints) -> None:
    """Leaves out what is in the comment data[start:end]. It stays one: it parts two texts."""
    closing = end - 4 if data[end - 2] == 33 else end - 3
    closed = data[closing] == 45 and data[closing + 1] == 45 and data[end - 1] == 62
    leave_out(data, start, closing if closed else end, lean, state)


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
def end_of_raw_text(data: Bytes, start: int, name_start: int, name_end: int) -> int:
    """Position of the `</name` that ends a style, a title, ... whose tag ends at `start`."""
    size = len(data)
    i = next_byte(data, start, 60)
    while i + 1 < size:
        if data[i + 1] == 47 and _is_tag_at(data, i + 2, name_start, name_end):
            return i
        i = next_byte(data, i + 1, 60)
    return size


@helper
def end_of_script(data: Bytes, start: int, name_start: int, name_end: int) -> int:
    """Position of the `</script` that ends a script whose tag ends at `start`. In it, `<!--` begins
    what `-->` ends, and within that `<script` what the next `</script` ends instead of the whole
    (13.2.5.20 to 33)."""
    size = len(data)
    level = 0
    i = start
    while True:
        if level == 0:
            i = next_byte(data, i, 60)
        if i + 2 >= size:
            return size
        if data[i] == 60:
            closing = data[i + 1] == 47
            named = _is_tag_at(data, i + 2 if closing else i + 1, name_start, name_end)
            if closing and named and level < 2:
                return i
            if closing and named:
                level = 1
            elif named and level == 1:
                level = 2
            elif level == 0 and _is_comment_at(data, i):
                level = 1
                i += 1
        elif data[i] == 45 and data[i + 1] == 45 and data[i + 2] == 62:
            level = 0
            i += 2
        i += 1


@helper
def _end_of_shape(data: Bytes, at: int, name_end: int, end: int, state: Ints) -> int:
    """Position after the shape whose tag is data[at:end], if it is empty; else `at`."""
    if state[SELF_CLOSING]:
        return end
    if end + 1 >= len(data) or data[end] != 60 or data[end + 1] != 47:
        return at
    if not _is_tag_at(data, end + 2, at + 1, name_end):
        return at
    state[NODES] += 1
    state[SELF_CLOSING] = 1
    return min(next_byte(data, end, 62) + 1, len(data))


@helper
def pass_tag(
    data: Bytes,
    at: int,
    name_end: int,
    kind: int,
    table: Hashes,
    table_flags: Ints,
    lean: Bytes,
    state: Ints,
) -> int:
    """Position after the tag at `at`, or after an empty shape. The copy does not get a tag that
    shows nothing, nor an option of a <select> and its text."""
    option = kind & OPTION and state[OPTIONS] >= 0
    shape = kind & SHAPE and state[IN_FOREIGN] and data[at + 1] != 47
    head = kind & UNSEEN and not state[IN_FOREIGN] and not state[HEIGHT] and not state[ACTIVE_END]
    if not option and not ((shape or head) and _stands_apart(data, at)):
        return _end_of_tag(data, name_end, table, table_flags, lean, state)
    leave_out(data, at, at, lean, state)
    copied = state[COPIED]
    end = _end_of_tag(data, name_end, table, table_flags, lean, state)
    behind = next_byte(data, end, 60) if option else end
    if shape:
        behind = _end_of_shape(data, at, name_end, end, state)
        end = max(end, behind)
    if behind > at:
        state[COPIED] = copied
        state[BEHIND] = behind
    return end


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
    state[SELF_CLOSING] = state[FONT] = 0
    while i < size and data[i] != 62:
        if data[i] <= 32:
            i += 1
            continue
        if data[i] == 47:
            i += 1
            state[SELF_CLOSING] = 1 if i < size and data[i] == 62 else 0
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
                i = next_byte(data, i + 1, data[i]) + 1
            else:
                while i < size and data[i] > 32 and data[i] != 62:
                    i += 1
            end = min(i, size)
        known = flags_of(hash_of(data, name_start, name_end), table, table_flags)
        if known & OF_FONT and known & ATTRIBUTE:
            state[FONT] = 1
        if not known & ATTRIBUTE:
            leave_out(data, name_start, end, lean, state)
    state[ATTRIBUTES] = max(state[ATTRIBUTES], attributes)
    return min(i + 1, size)
