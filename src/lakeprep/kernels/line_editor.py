"""C4's line editor (Raffel et al. 2020; RULES.md section 4): texts in, edited texts out.

For each line of splitlines() that is not blank, stripped, in this order:

1. a word (split at white space) of more than 1,000 code points: the line is dropped
2. ``[digits]``, ``[]``, ``[edit]`` and ``[citation needed]`` are deleted, in one pass
3. with `terminal_marks`: a line that does not end in one of ``. ? ! " '``, or ends in ``...``, is
   dropped
4. fewer than 3 words, counted before step 2: dropped
5. "lorem ipsum" (this and what follows in any case): the document fails `lorem_ipsum`
6. "javascript": dropped
7. ``{``: the document fails `curly_bracket`
8. "terms of use", "privacy policy", "cookie policy", "uses cookies", "use of cookies",
   "use cookies": dropped

The edited text is the kept lines joined by line feeds, stripped. A failed document is edited to
its end all the same. Blank lines go too, but count neither as lines nor as dropped.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from lakeprep.kernels import unicode as u
from lakeprep.kernels.arrow import string_array, string_buffers
from lakeprep.kernels.characters import NO_BITS, FlagTable, strip_end, strip_start
from lakeprep.kernels.compiled import BYTES, OFFSETS, U32_TABLE, helper, hot_helper, kernel
from lakeprep.kernels.line_tests import (
    TRIGGERS,
    ascii_bytes,
    ends_well,
    few_words,
    first_bytes,
    has_long_word,
    phrases,
)
from lakeprep.kernels.sentences import TERMINAL_BYTES, count_sentences
from lakeprep.kernels.utf8 import ByteArray, copy_bytes, decode, same_bytes

Int64Array = npt.NDArray[np.int64]

# Rows of the kernel's counts of one document.
LINES: Final = 0
DROPPED: Final = 1
SHORTENED: Final = 2  # kept, with a mark deleted
LOREM_IPSUM: Final = 3
CURLY: Final = 4
SENTENCES: Final = 5
CHANGED: Final = 6
EDIT_ROWS: Final = 7

LINE_BREAK: Final = np.uint32(u.LINE_BREAK)
DIGIT: Final = np.uint32(u.DIGIT)


# Bytes to stop at in the search for the end of a line.
BREAKS: Final = first_bytes("[\n\v\f\r\x1c\x1d\x1e\x85\u2028\u2029")
EDIT: Final = ascii_bytes("[edit]")
CITATION: Final = ascii_bytes("[citation needed]")


@helper
def mark_end(data: ByteArray, at: int, end: int, flags: FlagTable) -> int:
    """Where the mark that begins with the square bracket at `at` ends; `at` if none does."""
    inner = at + 1
    while inner < end:
        point, after = decode(data, inner, end)
        if point == 0x5D:
            return after
        if (flags[point] & DIGIT) == NO_BITS:
            break
        inner = after
    # Small letters only, as in C4: `begins_with` alone would also delete "[Edit]".
    word = EDIT if at + 1 < end and data[at + 1] == 0x65 else CITATION
    size = len(word)
    return at + size if end - at >= size and same_bytes(data, at, word, 0, size) else at


@helper
def copy_without_marks(
    data: ByteArray, start: int, end: int, flags: FlagTable, out: ByteArray, filled: int
) -> int:
    """Appends the line without its marks to `out`; where it ends."""
    at = start
    while at < end:
        if data[at] == 0x5B:
            after = mark_end(data, at, end, flags)
            if after > at:
                at = after
                continue
        out[filled] = data[at]
        filled += 1
        at += 1
    return filled


@helper
def line_end(
    data: ByteArray, at: int, end: int, flags: FlagTable, breaks: ByteArray
) -> tuple[int, int, bool]:
    """Where the line that begins at `at` ends, where the next one begins, and whether it has a
    square bracket."""
    bracket = False
    while at < end:
        if not breaks[data[at]]:
            at += 1
            continue
        point, after = decode(data, at, end)
        if (flags[point] & LINE_BREAK) != NO_BITS:
            return at, after, bracket
        bracket |= point == 0x5B
        at = after
    return end, end, bracket


@hot_helper
def edit_line(
    data: ByteArray,
    first: int,
    last: int,
    has_bracket: bool,
    flags: FlagTable,
    triggers: ByteArray,
    terminal_marks: bool,
    out: ByteArray,
    written: ByteArray,
    at: int,
) -> tuple[int, bool, bool, bool]:
    """The steps on the line ``data[first:last]``, stripped and not empty: writes it without its
    marks to `out` (also `written`) at `at`. Returns where it ends there, whether it is dropped, and
    whether it makes the document fail `lorem_ipsum` and `curly_bracket`."""
    if few_words(data, first, last, flags) or has_long_word(data, first, last, flags):
        return at, True, False, False
    if has_bracket:
        stop = copy_without_marks(data, first, last, flags, out, at)
    else:
        stop = at + last - first
        copy_bytes(data, first, last - first, out, at)
    if terminal_marks and not ends_well(written, at, stop):
        return stop, True, False, False
    dropped, lorem, curly = phrases(written, at, stop, triggers)
    return stop, dropped, lorem, curly


@kernel(
    f"int64({OFFSETS}, {BYTES}, {U32_TABLE}, {BYTES}, {BYTES}, {BYTES}, boolean, uint8[::1],"
    f"{BYTES}, int64[::1], int64[:, ::1])"
)
def edit_kernel(
    offsets: Int64Array,
    data: ByteArray,
    flags: FlagTable,
    breaks: ByteArray,
    triggers: ByteArray,
    terminal_bytes: ByteArray,
    terminal_marks: bool,
    out: ByteArray,
    written: ByteArray,
    out_offsets: Int64Array,
    counts: Int64Array,
) -> int:
    """Fills `out` (as many bytes as the texts have), `out_offsets` (documents + 1) and `counts`
    (EDIT_ROWS rows of zeros, one column a document). `written` is the memory of `out` as an array
    that cannot be written, which is what helpers are compiled for. Returns the bytes filled."""
    filled = 0
    for document in range(len(offsets) - 1):
        at, end = offsets[document], offsets[document + 1]
        begun = filled
        while at < end:
            first, (last, at, bracket) = at, line_end(data, at, end, flags, breaks)
            first = strip_start(data, first, last, flags)
            last = strip_end(data, first, last, flags)
            if first == last:
                continue
            counts[LINES, document] += 1
            line = filled + (filled > begun)
            stop, dropped, lorem, curly = edit_line(
                data, first, last, bracket, flags, triggers, terminal_marks, out, written, line
            )
            counts[LOREM_IPSUM, document] |= lorem
            counts[CURLY, document] |= curly
            if dropped:
                counts[DROPPED, document] += 1
                continue
            counts[SHORTENED, document] += stop - line < last - first
            counts[SENTENCES, document] += count_sentences(
                written, line, stop, flags, terminal_bytes
            )
            if filled == begun:
                # Nothing stands before it: what is left of it is where the text begins.
                kept = strip_start(written, line, stop, flags)
                if kept > line:
                    for i in range(stop - kept):
                        out[line + i] = out[kept + i]
                    stop -= kept - line
            else:
                out[filled] = 0x0A
            filled = stop
        filled = strip_end(written, begun, filled, flags)
        out_offsets[document + 1] = filled
        size = end - offsets[document]
        kept_all = size == filled - begun
        counts[CHANGED, document] = not (
            kept_all and same_bytes(data, offsets[document], written, begun, size)
        )
    return filled


@dataclass(frozen=True)
class Edited:
    """What the editor made of a batch; one value a document in each array."""

    texts: pa.Array
    """Edited texts, string or large_string, without nulls; empty where no line was kept."""
    changed: npt.NDArray[np.bool_]
    """Whether the text is another than before."""
    edited_line_ratio: npt.NDArray[np.float64]
    """Lines dropped or with a mark deleted / lines; 0.0 for a text without lines."""
    lorem_ipsum: npt.NDArray[np.float64]
    curly_bracket: npt.NDArray[np.float64]
    """1.0 where the document fails the test."""
    sentence_count: npt.NDArray[np.float64]
    """Sentences of the kept lines, counted line by line."""


def edit_lines(texts: pa.Array, *, terminal_marks: bool = False) -> Edited:
    """Edits a string or large_string array. A null counts as the empty text.

    Raises TypeError for another type.
    """
    offsets, data = string_buffers(texts)
    documents = len(offsets) - 1
    out = np.empty(int(offsets[-1] - offsets[0]), dtype=np.uint8)
    written = out.view()
    written.setflags(write=False)
    out_offsets = np.zeros(documents + 1, dtype=np.int64)
    counts = np.zeros((EDIT_ROWS, documents), dtype=np.int64)
    edit_kernel(
        offsets,
        data,
        u.tables().flags,
        BREAKS,
        TRIGGERS,
        TERMINAL_BYTES,
        terminal_marks,
        out,
        written,
        out_offsets,
        counts,
    )
    lines = counts[LINES].astype(np.float64)
    edited = (counts[DROPPED] + counts[SHORTENED]).astype(np.float64)
    return Edited(
        texts=string_array(out_offsets, out),
        changed=counts[CHANGED].astype(np.bool_),
        edited_line_ratio=np.divide(edited, lines, out=np.zeros_like(lines), where=lines > 0),
        lorem_ipsum=counts[LOREM_IPSUM].astype(np.float64),
        curly_bracket=counts[CURLY].astype(np.float64),
        sentence_count=counts[SENTENCES].astype(np.float64),
    )
