"""JSON lines, plain or compressed: one object a line, read in bounded memory."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping

from lakeprep.ingest.records import Limits, Page, Reason, Reject, Seam, is_blank
from lakeprep.ingest.rows import Place, column_names, row_outcome
from lakeprep.ingest.splits import Split
from lakeprep.ingest.stream import DecodedStream, End

_LINE_STEP = 256 * 1024


def read_json_lines(
    stream: DecodedStream, split: Split, limits: Limits, fields: Mapping[str, str]
) -> Iterator[Page | Reject | Seam]:
    """One outcome for each line that is not blank, then the seam.

    A line belongs to the split that its first byte lies in. Lines are never longer in memory than
    `limits.max_record_bytes`.
    """
    names = column_names(fields)
    if split.start > 0:
        # A line that begins at `start` has its line break just before.
        stream.jump(split.start - 1)
        _pass_line(stream)
        if stream.position >= split.end:
            yield Seam(start=None, stop=split.end)
            return
    first: int | None = None
    while True:
        begin = stream.position
        if stream.codec is None and begin >= split.end:
            break
        end, whole = _line_end(stream, begin, limits.max_record_bytes)
        if end == begin and not whole and stream.end is End.FILE:
            break
        first = begin if first is None else first
        yield from _line(stream, begin, end, whole, split.path, limits, names)
    stop = split.file_bytes if stream.codec else stream.position
    yield Seam(start=first, stop=stop)


def _line(
    stream: DecodedStream,
    begin: int,
    end: int,
    whole: bool,
    path: str,
    limits: Limits,
    names: Mapping[str, str],
) -> Iterator[Page | Reject]:
    """The outcome of the line at the cursor, whose text is [begin, end); passes over it."""
    offset, inner = stream.unit_of(begin)
    place = Place(path, offset, inner, end - begin)
    if end - begin > limits.max_record_bytes:
        yield place.reject(Reason.TOO_LARGE, f"a line of more than {limits.max_record_bytes} bytes")
        _pass_line(stream)
    else:
        line = stream.bytes_of(begin, end)
        stream.advance(end + 1 if whole else end)
        if not whole and stream.end is End.DAMAGE:
            reason = Reason.TRUNCATED_RECORD if not is_blank(line) else Reason.DAMAGED
            yield place.reject(reason, stream.damage)
            stream.rescan(_begins_line, None, stream.source.size)
        elif not is_blank(line):
            yield _json_row(line, place, limits, names)


def _line_end(stream: DecodedStream, begin: int, limit: int) -> tuple[int, bool]:
    """Position of the line's break, or how far could be read up to one byte above the limit; and
    whether a break was found."""
    looked = begin
    while True:
        reached = stream.reach(min(looked + _LINE_STEP, begin + limit + 1))
        found = stream.find(b"\n", looked, reached)
        if found >= 0:
            return found, True
        if reached > begin + limit or stream.end is not None:
            return reached, False
        looked = reached


def _pass_line(stream: DecodedStream) -> None:
    """Moves behind the next line break, or to the end."""
    while True:
        reached = stream.reach(stream.position + _LINE_STEP)
        found = stream.find(b"\n", stream.position, reached)
        stream.advance(found + 1 if found >= 0 else reached)
        if found >= 0 or stream.end is not None:
            return


def _begins_line(data: bytes) -> bool:
    return data.lstrip()[:1] == b"{"


def _json_row(line: bytes, place: Place, limits: Limits, names: Mapping[str, str]) -> Page | Reject:
    try:
        row = json.loads(line)
    except (ValueError, RecursionError) as error:
        return place.reject(Reason.BAD_JSON, str(error))
    if not isinstance(row, dict):
        return place.reject(Reason.BAD_JSON, f"a {type(row).__name__}, not an object")
    return row_outcome(row, place, limits, names)
