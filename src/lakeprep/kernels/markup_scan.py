"""The kernel of `score.markup`: a reduced HTML tree builder that counts instead of building, and
copies what an extractor reads.

Over `markup_tokens` (where things end, what the copy gets) and `markup_stack` (what is open).
"""

from __future__ import annotations

import numpy as np

from lakeprep.kernels.compiled import BYTES, I64_TABLE, U64_TABLE, kernel
from lakeprep.kernels.markup_stack import (
    BUCKETS,
    FORMATTING_SLOTS,
    SAVED,
    break_out,
    close_tag,
    open_element,
    open_formatting,
)
from lakeprep.kernels.markup_state import (
    ATTRIBUTES,
    BOUNDARY,
    BREAKS_OUT,
    COPIED,
    DEPTH,
    FONT,
    FORMATTING,
    HOLLOW,
    IGNORED,
    IN_FOREIGN,
    NODES,
    OF_FONT,
    OPTIONS,
    PARAGRAPH,
    RAW_TEXT,
    SCRIPT,
    STATE_CELLS,
    STEPS,
    TABLE_PART,
    TABLES,
    Bytes,
    Hashes,
    Ints,
    flags_of,
    hash_of,
)
from lakeprep.kernels.markup_tokens import (
    end_of_name,
    end_of_raw_text,
    end_of_script,
    leave_out,
    next_byte,
    pass_other,
    pass_tag,
    pass_text,
)


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
    saved = np.empty((max_depth + 1, SAVED), np.int64)
    counts = np.zeros(BUCKETS, np.int64)
    active_names = np.empty(FORMATTING_SLOTS, np.uint64)
    active_wholes = np.empty(FORMATTING_SLOTS, np.uint64)
    active_heights = np.empty(FORMATTING_SLOTS, np.int64)
    state = np.zeros(STATE_CELLS, np.int64)
    state[OPTIONS] = state[BOUNDARY] = -1
    size = len(data)
    i = 0
    while (
        state[NODES] <= max_nodes
        and state[DEPTH] <= max_depth
        and state[STEPS] <= max_steps
        and state[ATTRIBUTES] <= max_attributes
    ):
        at = next_byte(data, i, 60)
        if at + 1 >= size:
            break
        pass_text(data, i, at, lean, state)
        closing = data[at + 1] == 47
        start = at + 2 if closing else at + 1
        end = end_of_name(data, start)
        if end == start:
            i = pass_other(data, at, lean, state)
            continue
        name = hash_of(data, start, end)
        kind = flags_of(name, table, table_flags)
        i = pass_tag(data, at, end, kind, table, table_flags, lean, state)
        state[NODES] += 1
        if state[IN_FOREIGN] and (
            kind & (PARAGRAPH if closing else BREAKS_OUT) or (kind & OF_FONT and state[FONT])
        ):
            break_out(names, flags, saved, counts, state)
        if kind & IGNORED or (kind & TABLE_PART and not state[IN_FOREIGN] and not state[TABLES]):
            continue
        if closing:
            close_tag(
                name,
                kind,
                names,
                flags,
                saved,
                counts,
                active_names,
                active_wholes,
                active_heights,
                state,
            )
        elif kind & FORMATTING and not state[IN_FOREIGN]:
            whole = hash_of(data, start, i)
            open_formatting(name, whole, active_names, active_wholes, active_heights, state)
        elif kind & RAW_TEXT and not state[IN_FOREIGN]:
            inside = i
            if kind & SCRIPT:
                i = end_of_script(data, inside, start, end)
            else:
                i = end_of_raw_text(data, inside, start, end)
            if kind & HOLLOW:
                leave_out(data, inside, i, lean, state)
        else:
            open_element(name, kind, names, flags, saved, counts, state)
    leave_out(data, size, size, lean, state)
    return state[NODES], state[DEPTH], state[STEPS], state[ATTRIBUTES], state[COPIED]
