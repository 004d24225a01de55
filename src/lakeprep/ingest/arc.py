"""ARC headers, versions 1 and 2: one line of values before each record."""

from __future__ import annotations

import re

from lakeprep.ingest.headers import LOOK_AHEAD, BadHeader, RecordHeader, integer
from lakeprep.ingest.stream import DecodedStream

_LINE = (
    rb"[a-z][a-z0-9+.\-]{1,15}:[^\s][^\r\n]{0,8192}? "
    rb"(?:\d{1,3}(?:\.\d{1,3}){3}|[0-9a-fA-F]{0,4}:[0-9a-fA-F:.]{1,45}|-) "
    rb"\d{8,18} [^\r\n]{1,512}? -?\d{1,18}[ \t]*\r*\n"
)
_STARTS_AFTER_BREAKS = re.compile(rb"[\r\n]{0,64}" + _LINE)
_LOOSE = re.compile(
    r"([A-Za-z][A-Za-z0-9+.\-]{1,15}:\S.*?) (\S{1,64}) (\d{8,18}) (\S.*) (\S{1,64})"
)
_VERSION_2_FIELDS = 6
"""Values after the content type in version 2: result code, checksum, location, offset, file name;
then the length. A URL may hold blanks, a content type too, these do not."""


class ArcDialect:
    """Records are found by a line with a URL, an address, a date and a length; a line without a
    usable length is a bad header where a record must begin, and nothing elsewhere."""

    starts = re.compile(_LINE)
    starts_line = re.compile(rb"[\r\n](" + _LINE + rb")")

    def begins(self, data: bytes) -> bool:
        return _STARTS_AFTER_BREAKS.match(data) is not None

    def read_header(
        self, stream: DecodedStream, start: int, max_bytes: int
    ) -> tuple[RecordHeader, int] | None:
        reached = stream.reach(start + min(LOOK_AHEAD, max_bytes))
        newline = stream.find(b"\n", start, reached)
        if newline < 0:
            return None
        line = stream.bytes_of(start, newline).decode("utf-8", "replace").strip()
        found = _LOOSE.fullmatch(line)
        if found is None:
            return None
        return _record_header(*found.groups()), newline + 1


def _record_header(url: str, _address: str, date: str, middle: str, tail: str) -> RecordHeader:
    length = integer(tail)
    if length is None:
        raise BadHeader(f"length {tail}", url)
    words = middle.split(" ")
    version_2 = len(words) >= _VERSION_2_FIELDS and words[-5].isdigit()
    return RecordHeader(
        kind="filedesc" if url.lower().startswith("filedesc:") else "response",
        url=url,
        date=date,
        record_id=None,
        content_type=" ".join(words[:-5]) if version_2 else middle,
        length=length,
    )
