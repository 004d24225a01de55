"""Texts without some of their stretches, tidied where they were cut."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from lakeprep.kernels import unicode as u
from lakeprep.kernels.arrow import string_array, string_buffers
from lakeprep.kernels.blocks import code_points
from lakeprep.kernels.characters import FlagTable, strip_end, strip_start
from lakeprep.kernels.compiled import BYTES, OFFSETS, U32_TABLE, helper, kernel
from lakeprep.kernels.utf8 import ByteArray, copy_bytes, decode

Int64Array = npt.NDArray[np.int64]


@helper
def seam(data: ByteArray, start: int, end: int, flags: FlagTable) -> tuple[int, int]:
    """The white space that stands for a gap: of the runs in it the one with most line feeds, the
    first of equals; one without a line feed only at either end of the gap."""
    best, best_end, most = start, start, -1
    at = start
    while at < end:
        run = at
        at = strip_start(data, at, end, flags)
        feeds = 0
        for i in range(run, at):
            feeds += data[i] == 0x0A
        if at > run and feeds > most and (feeds > 0 or run == start or at == end):
            best, best_end, most = run, at, feeds
        if at < end:
            _, at = decode(data, at, end)
    return best, best_end


@kernel(
    f"void({OFFSETS}, {BYTES}, {U32_TABLE}, int64[::1], int64[:, ::1], uint8[::1], int64[::1],"
    " int64[::1])"
)
def cut_kernel(
    offsets: Int64Array,
    data: ByteArray,
    flags: FlagTable,
    span_offsets: Int64Array,
    spans: Int64Array,
    out: ByteArray,
    out_offsets: Int64Array,
    removed: Int64Array,
) -> None:
    """Writes the texts without their spans (sorted by begin, offsets of `data`) to `out`, fills
    `out_offsets` (documents + 1), and `removed` with the characters that are gone."""
    filled = 0
    for document in range(len(offsets) - 1):
        first, end = offsets[document], offsets[document + 1]
        i, last_span = span_offsets[document], span_offsets[document + 1]
        if i == last_span:
            copy_bytes(data, first, end - first, out, filled)
            filled += end - first
            out_offsets[document + 1] = filled
            continue
        begun, at, left = filled, first, -1
        removed[document] = code_points(data, first, end)
        while at < end or i < last_span:
            # The stretch that stays, up to the next span.
            stop = min(max(spans[i, 0], at), end) if i < last_span else end
            start = strip_start(data, at, stop, flags)
            stretch_end = strip_end(data, start, stop, flags)
            if stretch_end > start:
                if left >= 0:
                    run, run_end = seam(data, left, start, flags)
                    copy_bytes(data, run, run_end - run, out, filled)
                    filled += run_end - run
                copy_bytes(data, start, stretch_end - start, out, filled)
                filled += stretch_end - start
                left = stretch_end
            at = stop
            if i < last_span:
                at = max(at, min(spans[i, 1], end))
                i += 1
        removed[document] -= code_points(out, begun, filled)
        out_offsets[document + 1] = filled


def cut_spans(
    texts: pa.Array, documents: Int64Array, spans: Int64Array
) -> tuple[pa.Array, Int64Array]:
    """The texts without those stretches, and how many characters each has lost.

    `documents` (spans): the index of the text that a span is of. `spans` (spans, 2): begin and end
    in its bytes, at borders of characters; they may overlap. What is left of a text is stripped; a
    gap becomes that white space in or around it that has most line feeds, so that paragraphs stay
    apart, and nothing where it has none. Texts without a span are unchanged.

    Raises ValueError for a span that is not inside its text.
    """
    offsets, data = string_buffers(texts)
    sizes = np.diff(offsets)
    inside = (spans[:, 0] >= 0) & (spans[:, 0] <= spans[:, 1]) & (spans[:, 1] <= sizes[documents])
    if not inside.all():
        raise ValueError(f"spans {spans[~inside][:3].tolist()} are not inside their texts")
    order = np.lexsort((spans[:, 1], spans[:, 0], documents))
    span_offsets = np.searchsorted(documents[order], np.arange(len(offsets))).astype(np.int64)
    absolute = np.ascontiguousarray(spans[order] + offsets[documents[order], None])
    out = np.empty(int(offsets[-1] - offsets[0]), dtype=np.uint8)
    out_offsets = np.zeros(len(offsets), dtype=np.int64)
    removed = np.zeros(len(sizes), dtype=np.int64)
    cut_kernel(offsets, data, u.tables().flags, span_offsets, absolute, out, out_offsets, removed)
    return string_array(out_offsets, out), removed
