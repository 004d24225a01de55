"""What an archive record says of itself, and how its format writes that."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Protocol

from lakeprep.ingest.stream import DecodedStream

LOOK_AHEAD = 16 * 1024
"""Bytes looked at to tell whether a record begins at a place."""


class BadHeader(Exception):
    """A header that cannot be used; the message is the detail of the reject."""

    def __init__(self, detail: str, url: str | None = None, record_id: str | None = None) -> None:
        super().__init__(detail)
        self.url, self.record_id = url, record_id


@dataclass(frozen=True, slots=True)
class RecordHeader:
    """One record's header in terms that WARC and ARC share; texts as found, not yet cleaned."""

    kind: str
    """WARC-Type in lower case; ARC records are `response` or `filedesc`."""
    url: str
    date: str
    record_id: str | None
    content_type: str
    """Of the record's block: application/http for a response; in ARC that of the page."""
    length: int
    """Bytes of the block."""
    incomplete: bool = False
    """The crawler says that it kept a part only."""
    payload_type: str = ""
    """WARC-Identified-Payload-Type: a hint."""


class Dialect(Protocol):
    """WARC or ARC: where records begin and what their headers say."""

    starts: re.Pattern[bytes]
    """Matches at the beginning of a record, of the length of its evidence."""
    starts_line: re.Pattern[bytes]
    """Searched in decoded data: a line break, then what `starts` matches."""

    def begins(self, data: bytes) -> bool:
        """True if a record begins at the head of `data`, after line breaks at most."""
        ...

    def read_header(
        self, stream: DecodedStream, start: int, max_bytes: int
    ) -> tuple[RecordHeader, int] | None:
        """The header at `start` and the position behind it; None where no header begins there.

        Raises BadHeader where one begins that cannot be used, EOFError where it is cut."""
        ...


def integer(text: str) -> int | None:
    """A non-negative decimal number of at most 18 digits, as lengths are written."""
    text = text.strip()
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 18 else None
