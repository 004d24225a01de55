"""WARC headers: ISO 28500 in versions 0.17 to 1.1, and what writers made of them."""

from __future__ import annotations

import re

from lakeprep.ingest.headers import BadHeader, RecordHeader, integer
from lakeprep.ingest.records import RECORD_ID_CHARS, printable
from lakeprep.ingest.stream import DecodedStream

_VERSION = rb"WARC/\d{1,3}\.\d{1,3}[ \t]*\r*\n"
_FIELD = rb"[A-Za-z][A-Za-z0-9_\-]{0,63}[ \t]*:"
_BLANK_LINE = re.compile(rb"\r*\n[ \t]*\r*\n")
_MORE_FIELDS = re.compile(rb"(?:[A-Za-z][A-Za-z0-9_\-]{0,63}[ \t]*:[^\n]{0,8192}\n){1,64}\r*\n")
_STARTS_AFTER_BREAKS = re.compile(rb"[\r\n]{0,64}" + _VERSION + _FIELD)


class WarcDialect:
    """Lenient where the meaning is clear: line ends of any kind, folded lines, an empty line in the
    middle of a header (ClueWeb09), any case, any order."""

    starts = re.compile(_VERSION + _FIELD)
    starts_line = re.compile(rb"[\r\n](" + _VERSION + _FIELD + rb")")
    _version = re.compile(_VERSION)

    def begins(self, data: bytes) -> bool:
        return _STARTS_AFTER_BREAKS.match(data) is not None

    def read_header(
        self, stream: DecodedStream, start: int, max_bytes: int
    ) -> tuple[RecordHeader, int] | None:
        upto = stream.reach(start + 64)
        if not stream.match(self._version, start, upto):
            return None
        end = _header_end(stream, start, max_bytes)
        fields = _fields(stream.bytes_of(start, end))
        if "content-length" not in fields:
            reached = stream.reach(end + 16384)
            more = stream.match(_MORE_FIELDS, end, reached)
            if more and b"ontent-" in more.group():
                second_end = end + more.end() - more.start()
                fields = {**_fields(b"\n" + stream.bytes_of(end, second_end)), **fields}
                end = second_end
        return _record_header(fields), end


def _header_end(stream: DecodedStream, start: int, max_bytes: int) -> int:
    """Position behind the empty line that ends the header at `start`."""
    looked, step = start, 4096
    while True:
        reached = stream.reach(min(start + step, start + max_bytes))
        found = stream.search(_BLANK_LINE, max(start, looked - 8), reached)
        if found:
            return found[1]
        if reached < start + step:
            if reached >= start + max_bytes:
                raise BadHeader(f"a header of more than {max_bytes} bytes")
            raise EOFError
        looked, step = reached, step * 4


def _fields(header: bytes) -> dict[str, str]:
    """Lower-case names to values, the first of each name; the version line is passed over."""
    fields: dict[str, str] = {}
    last = ""
    for line in header.decode("utf-8", "replace").split("\n")[1:]:
        line = line.rstrip("\r")
        if line[:1] in (" ", "\t") and last:
            fields[last] += " " + line.strip()
            continue
        name, colon, value = line.partition(":")
        if colon:
            last = name.strip().lower()
            if last in fields:
                last = ""
            else:
                fields[last] = value.strip()
    return fields


def _record_header(fields: dict[str, str]) -> RecordHeader:
    url = fields.get("warc-target-uri", "")
    raw_id = fields.get("warc-record-id", "").strip("<> ")
    record_id = printable(raw_id, RECORD_ID_CHARS) or None
    written = fields.get("content-length")
    length = integer(written) if written is not None else None
    if length is None:
        cause = "no Content-Length" if written is None else f"Content-Length: {written}"
        raise BadHeader(cause, url or None, record_id)
    return RecordHeader(
        kind=fields.get("warc-type", "").lower(),
        url=url,
        date=fields.get("warc-date", ""),
        record_id=record_id,
        content_type=fields.get("content-type", ""),
        length=length,
        incomplete="warc-truncated" in fields or "warc-segment-number" in fields,
        payload_type=fields.get("warc-identified-payload-type", ""),
    )
