"""The frames of a WARC or ARC file: where each record begins and ends, whatever is broken.

A record is taken at its word as long as another record, or the end, follows it. Where it does
not, reading looks for the next place at which a record plainly begins:

- at the beginnings of gzip members and zstd frames, where each holds one record;
- at line beginnings of the decoded bytes, in plain files and where a member holds many records;
- at magic numbers in the stored bytes, where a member cannot be decoded.

A page may carry a whole archive inside it, so this is done only behind damage. A split begins with
the third way too; that its find is real is checked afterwards (`splits.seams_agree`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from lakeprep.ingest.arc import ArcDialect
from lakeprep.ingest.codecs import codec_for
from lakeprep.ingest.headers import LOOK_AHEAD, BadHeader, Dialect, RecordHeader
from lakeprep.ingest.records import Limits, Reason, Seam
from lakeprep.ingest.sources import Source
from lakeprep.ingest.stream import DecodedStream, End
from lakeprep.ingest.warc import WarcDialect

_BREAKS = re.compile(rb"[\r\n]*")
_SEPARATOR = b"\r\n\r\n"
_SCAN = 256 * 1024
_DISCARD = 256 * 1024 * 1024
"""Decoded bytes thrown away in search of a unit's end before its stored bytes are searched
instead: bounds what a bomb costs to about a second."""


@dataclass(frozen=True, slots=True)
class Frame:
    """One record: its place, its header and its block."""

    offset: int
    inner: int
    length: int
    header: RecordHeader
    block: bytes
    """Empty where the record is too large, or of a kind nobody reads."""
    cut: bool
    """The block is incomplete, or its unit is damaged."""
    too_large: bool = False


@dataclass(frozen=True, slots=True)
class Gap:
    """A record without a usable header, or a stretch without a record."""

    offset: int
    inner: int
    reason: Reason
    detail: str
    url: str | None = None
    record_id: str | None = None


@dataclass(frozen=True, slots=True)
class _Extent:
    """A block's end, and what is known about it."""

    end: int
    cut: bool = False
    too_large: bool = False
    resume: bool = False
    """No record begins behind the block: search."""


class ArchiveReader:
    """Reads the records of one split whose first byte lies in [start, end)."""

    def __init__(
        self,
        stream: DecodedStream,
        dialect: Dialect,
        limits: Limits,
        *,
        wanted: frozenset[str],
        start: int,
        end: int,
    ) -> None:
        self._stream, self._dialect, self._limits = stream, dialect, limits
        self._wanted, self._start, self._end = wanted, start, end
        self.packed = stream.codec is None
        """Records stand side by side in one unit, so that line beginnings may be searched."""
        self._later_unit = start > 0
        """More than the first unit was seen, so that units are where records begin."""

    def read(self) -> Iterator[Frame | Gap | Seam]:
        """Frames and gaps in file order, then one Seam."""
        if self._start > 0 and not self._synchronise():
            yield Seam(start=None, stop=self._end)
            return
        first: int | None = None
        while True:
            offset, inner, more = self._next_place()
            if not more or (inner == 0 and offset >= self._end and self._readable()):
                break
            self._later_unit = self._later_unit or (inner == 0 and offset > 0)
            first = offset if first is None else first
            yield from self._one(offset, inner)
        yield Seam(start=first, stop=offset if more else self._stream.source.size)

    def _synchronise(self) -> bool:
        """Stands at the first record that begins in the split."""
        stream = self._stream
        if stream.codec is not None:
            return stream.rescan(self._dialect.begins, self._start, self._end)
        # The line break before the record may be the last byte of the split before.
        stream.jump(self._start - 1)
        return self._search(self._start - 1, upto=self._end) and stream.position < self._end

    def _next_place(self) -> tuple[int, int, bool]:
        """Passes over line breaks. Stored offset, offset inside its unit, and whether anything,
        readable or damaged, is there."""
        stream = self._stream
        begun = stream.position
        while True:
            # What is decoded is passed over before more is: the next unit then stands alone.
            stream.reach(stream.position + 1)
            reached = min(stream.decoded, stream.position + 4096)
            breaks = stream.match(_BREAKS, stream.position, reached)
            after = stream.position + (breaks.end() - breaks.start() if breaks else 0)
            boundaries = stream.boundaries(begun - 1, after)
            stream.advance(after)
            if after < reached or stream.end is not None:
                break
        offset, inner = stream.unit_of(after)
        if boundaries and boundaries[-1] >= begun:
            inner = 0
        if after < reached:
            return offset, inner, True
        return offset, inner, stream.end is End.DAMAGE

    def _one(self, offset: int, inner: int) -> Iterator[Frame | Gap]:
        """The record or gap at the cursor; leaves the cursor behind it."""
        stream, start = self._stream, self._stream.position
        try:
            found = self._dialect.read_header(stream, start, self._limits.max_header_bytes)
        except BadHeader as error:
            yield Gap(
                offset,
                inner,
                Reason.BAD_HEADER,
                str(error),
                url=error.url,
                record_id=error.record_id,
            )
            self._search(start)
            return
        except EOFError:
            yield Gap(offset, inner, Reason.TRUNCATED_RECORD, "ends inside the record's header")
            self._search(start)
            return
        if found is None:
            # How far is decoded already depends on what came before: on where the split begins.
            stream.reach(start + _SCAN)
            is_near = stream.end is End.DAMAGE and stream.decoded <= start + _SCAN
            detail = stream.damage if is_near else "no record begins here"
            self.packed = self.packed or (inner > 0 and not self._later_unit)
            self._search(start)
            yield Gap(offset, inner, Reason.DAMAGED, detail)
            return
        header, block = found
        if self._record_inside(start, block):
            yield Gap(offset, inner, Reason.TRUNCATED_RECORD, "ends inside the record's header")
            self._search(start)
            return
        extent = self._extent(block, header.length)
        yield self._frame(offset, inner, header, start, block, extent)
        stream.advance(extent.end)
        if extent.resume:
            self._search(start)

    def _frame(
        self, offset: int, inner: int, header: RecordHeader, start: int, block: int, extent: _Extent
    ) -> Frame:
        stream = self._stream
        keep = not extent.too_large and header.kind in self._wanted
        alone = inner == 0 and (stream.boundaries(extent.end - 1, extent.end + 64) or extent.cut)
        length = extent.end - start
        if stream.codec is not None and alone:
            length = stream.unit_end(extent.end) - offset
        return Frame(
            offset=offset,
            inner=inner,
            length=length,
            header=header,
            block=stream.bytes_of(block, extent.end) if keep else b"",
            cut=extent.cut,
            too_large=extent.too_large or length > self._limits.max_record_bytes,
        )

    # -- where a block ends

    def _extent(self, block: int, length: int) -> _Extent:
        """The end of the block that begins at `block` and says it is `length` bytes long."""
        stream, limit = self._stream, self._limits.max_block_bytes
        wanted = block + min(length, limit + 1)
        if stream.codec is None and block + length > stream.source.size:
            # Further than the file goes: the length, or the file, is wrong.
            reached = stream.reach(min(wanted, block + limit))
            return self._cut_at_line(block, reached)
        reached = stream.reach(wanted)
        for boundary in stream.boundaries(block - 1, reached):
            if boundary < block + length and self._begins_at(boundary):
                return _Extent(boundary, cut=True)
        if reached < wanted:
            return self._cut_at_line(block, reached)
        if length > limit:
            return self._too_large(block, length)
        if not self._followed(wanted):
            if stream.damaged_in(wanted - 1):
                return _Extent(wanted, cut=True, resume=True)
            if self.packed and self._line_in(block - 1, wanted) is not None:
                return self._cut_at_line(block, wanted)
        return _Extent(wanted)

    def _cut_at_line(self, block: int, reached: int) -> _Extent:
        """A block that does not reach its end: up to the next record found inside it, or all."""
        line = self._line_in(block - 1, reached) if self.packed else None
        if line is not None:
            return _Extent(line, cut=True)
        over = reached - block >= self._limits.max_block_bytes
        return _Extent(reached, cut=True, too_large=over, resume=True)

    def _too_large(self, block: int, length: int) -> _Extent:
        stream = self._stream
        if stream.codec is None:
            stream.jump(block + length)
            if self._followed(block + length):
                return _Extent(block + length, too_large=True)
            stream.jump(block)
        if self.packed and length <= _DISCARD:
            end = block + length
            while stream.position < end:
                stream.advance(stream.reach(min(stream.position + _SCAN, end)))
                if stream.end is not None:
                    break
            return _Extent(stream.position, too_large=True)
        return _Extent(block, too_large=True, resume=True)

    def _followed(self, end: int) -> bool:
        """True if behind `end`, after line breaks, a record or unit begins or the file ends."""
        stream = self._stream
        if stream.boundaries(end - 1, end + len(_SEPARATOR)) and (
            stream.bytes_of(end, stream.decoded) in (_SEPARATOR, b"")
        ):
            return True  # the usual case, seen without decoding the next unit
        place = end
        while True:
            reached = stream.reach(place + 4096)
            breaks = stream.match(_BREAKS, place, reached)
            place += breaks.end() - breaks.start() if breaks else 0
            if place < reached or stream.end is not None:
                break
        if stream.boundaries(end - 1, place):
            return True
        if place == reached and stream.end is not None:
            return stream.end is End.FILE
        if not self._begins_at(place):
            return False
        self.packed = True
        return True

    def _record_inside(self, start: int, end: int) -> bool:
        """True if another record begins inside the header [start, end): the header is cut."""
        units = self._stream.boundaries(start, end - 1)
        if any(self._begins_at(unit) for unit in units):
            return True
        return self.packed and self._line_in(start, end) is not None

    def _readable(self) -> bool:
        """A record begins here; a stretch of damage at the end of a split is still this one's,
        for the next looks for a record."""
        return self._begins_at(self._stream.position)

    def _begins_at(self, place: int) -> bool:
        stream = self._stream
        return self._dialect.begins(stream.bytes_of(place, stream.reach(place + LOOK_AHEAD)))

    def _line_in(self, start: int, end: int) -> int | None:
        found = self._stream.search(self._dialect.starts_line, start, end)
        return found[0] + 1 if found else None

    # -- the next record after a broken one

    def _search(self, broken: int, upto: int | None = None) -> bool:
        """Moves to the next place after `broken` where a record begins, or to the end (False).

        `upto` bounds the search in plain files; the caller checks the place found."""
        stream = self._stream
        place, discarded = max(broken, stream.position), 0
        while True:
            reached = stream.reach(place + _SCAN)
            found = self._candidate(broken, place, reached)
            if found is not None:
                stream.advance(found)
                return True
            if stream.end is End.DAMAGE:
                stream.advance(reached)
                return stream.rescan(self._dialect.begins, None, stream.source.size)
            if stream.end is End.FILE or (upto is not None and place >= upto):
                stream.advance(reached)
                return False
            discarded += reached - place
            # A header may lie across the edge of what was searched.
            place = max(place + 1, reached - LOOK_AHEAD)
            stream.advance(place)
            if stream.codec is not None and discarded > _DISCARD:
                return stream.rescan(
                    self._dialect.begins, stream.stored_position, stream.source.size
                )

    def _candidate(self, broken: int, place: int, reached: int) -> int | None:
        """The first beginning of a record in what was reached: of a unit, or of a line."""
        units = self._stream.boundaries(max(broken, place - 1), reached)
        candidates = [unit for unit in units if self._begins_at(unit)][:1]
        line = self._line_in(max(place, broken), reached) if self.packed else None
        if line is not None:
            candidates.append(line)
        return min(candidates, default=None)


def archive_reader(
    source: Source,
    format_name: str,
    limits: Limits,
    *,
    wanted: frozenset[str],
    start: int,
    end: int,
) -> ArchiveReader:
    """A reader of `warc`, `warc.gz`, `arc.zst`, ...; blocks are given for `wanted` kinds only."""
    kind, _, compression = format_name.partition(".")
    dialect: Dialect = ArcDialect() if kind == "arc" else WarcDialect()
    stream = DecodedStream(source, codec_for(compression, source))
    return ArchiveReader(stream, dialect, limits, wanted=wanted, start=start, end=end)
