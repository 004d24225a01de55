"""What reading yields: pages, rejects, skipped records, and the seams between splits.

Every record of an input is exactly one of Page, Reject or Skipped; a stretch of bytes in which no
record can be read is one Reject. Reading the same bytes always yields the same objects.

Where a record stands is two numbers. `source_offset` is the byte of the stored file at which to
open it: the record itself in a plain file, the gzip member or zstd frame that holds it in a
compressed one, the row group in Parquet. `inner_offset` is its place inside that unit: 0 where the
unit holds this record alone, else the byte of the decoded unit, or the row of the row group.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime, timezone
from enum import Enum

EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
"""The fetch time of a page whose own cannot be read: the text is as good, the time is not known."""

MIB = 1024 * 1024
DETAIL_CHARS = 200
RECORD_ID_CHARS = 512


class Reason(str, Enum):
    """Why a record is not a page. The set is closed: reports and tests rely on it."""

    DAMAGED = "damaged"
    BAD_HEADER = "bad_header"
    TRUNCATED_RECORD = "truncated_record"
    TOO_LARGE = "too_large"
    NO_URL = "no_url"
    BAD_HTTP = "bad_http"
    HTTP_STATUS = "http_status"
    CONTENT_TYPE = "content_type"
    NOT_TEXT = "not_text"
    BAD_ENCODING = "bad_encoding"
    EMPTY_BODY = "empty_body"
    BAD_JSON = "bad_json"
    NO_TEXT = "no_text"

    def __str__(self) -> str:
        return self.value


MEANINGS: dict[Reason, str] = {
    Reason.DAMAGED: "a stretch of bytes in which no record can be read",
    Reason.BAD_HEADER: "a record header that is too long or does not say how long its record is",
    Reason.TRUNCATED_RECORD: "a record that ends before its body begins, or inside a JSON line",
    Reason.TOO_LARGE: "a record or a decoded body above the limits of the recipe",
    Reason.NO_URL: "no URL, or none that can be used",
    Reason.BAD_HTTP: "a response that does not begin with an HTTP header",
    Reason.HTTP_STATUS: "an HTTP status outside 200 to 299; the detail is the status",
    Reason.CONTENT_TYPE: "neither HTML nor plain text; the detail is the type",
    Reason.NOT_TEXT: "said to be text, but the bytes are something else",
    Reason.BAD_ENCODING: "a content encoding of which nothing could be decoded",
    Reason.EMPTY_BODY: "nothing but white space",
    Reason.BAD_JSON: "a line that is not one JSON object",
    Reason.NO_TEXT: "a row without a text or html column that holds a string",
}


@dataclass(frozen=True, slots=True)
class Limits:
    """What one record may cost, in bytes.

    64 MiB of body is a dozen times what the large public crawls keep of a page, and lets the
    longest single documents of text corpora through; a reader holds at most about three times
    that at once (the record, its decoded body, one copy on the way). A line of JSON made of nothing
    but brackets costs more, some twenty times its size, while it is parsed.
    """

    max_record_bytes: int = 64 * MIB
    """A record as stored (compressed, where the file is), or one line of JSON as decoded."""
    max_body_bytes: int = 64 * MIB
    """A body after content encodings; also, with the header's share, a record after the archive's
    own compression."""
    max_header_bytes: int = 256 * 1024
    """A WARC or ARC header, and again an HTTP header; browsers refuse more than this."""

    @property
    def max_block_bytes(self) -> int:
        """The content of an archive record: an HTTP header and a body."""
        return self.max_body_bytes + self.max_header_bytes


@dataclass(frozen=True, slots=True)
class Page:
    """One capture of one page: HTML or plain text, transfer and content encodings undone."""

    page_id: str
    url: str
    fetched_at: datetime
    http_status: int | None
    content_type: str
    """What the body is: text/html, application/xhtml+xml or text/plain."""
    charset: str | None
    """What the HTTP header declares, lower-case; a claim, not a finding."""
    payload_digest: str
    body: bytes
    truncated: bool
    """The body is known to be incomplete: its record was cut, or an encoding broke off."""
    source_path: str
    source_offset: int
    source_length: int
    """Stored bytes of the unit at source_offset; decoded bytes of the record where it shares its
    member or frame with others."""
    record_id: str | None
    inner_offset: int = 0


@dataclass(frozen=True, slots=True)
class Reject:
    """A record that is no page, or a stretch that is no record."""

    source_path: str
    source_offset: int
    record_id: str | None
    url: str | None
    reason: Reason
    detail: str
    inner_offset: int = 0


@dataclass(frozen=True, slots=True)
class Skipped:
    """A record that is not meant to be a page: warcinfo, request, revisit, metadata, ..."""

    source_offset: int
    kind: str
    inner_offset: int = 0


@dataclass(frozen=True, slots=True)
class Seam:
    """Where the reading of a split began and stopped, to be checked by `splits.seams_agree`."""

    start: int | None
    """Offset of the first record taken; None where none begins inside the split."""
    stop: int
    """Offset of the first record left to the next split; the file's size at its end."""


def is_blank(body: bytes) -> bool:
    """Nothing but white space; looks no further than the first byte that is not."""
    return not body or body.isspace()


def utc_text(moment: datetime) -> str:
    """The one spelling of a time that page identities are made from."""
    naive = moment.astimezone(timezone.utc).replace(tzinfo=None)
    return naive.isoformat(timespec="microseconds") + "Z"


def digest(body: bytes) -> str:
    """`sha256:` and 64 hex digits."""
    return "sha256:" + hashlib.sha256(body).hexdigest()


def page_id(url: str, fetched_at: datetime, payload_digest: str) -> str:
    """32 hex digits that name a capture: the same URL, time and payload give the same name.

    Each part is preceded by its length, so no two different triples are one byte string.
    """
    state = hashlib.blake2b(digest_size=16)
    for part in (url, utc_text(fetched_at), payload_digest):
        encoded = part.encode("utf-8")
        state.update(len(encoded).to_bytes(8, "big"))
        state.update(encoded)
    return state.hexdigest()


def scalar_text(text: str) -> str:
    """The text with unpaired surrogates replaced by U+FFFD, so that Arrow takes it."""
    if text.isascii():
        return text
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def printable(text: str, limit: int = DETAIL_CHARS) -> str:
    """One bounded line for a detail or a message: unprintable characters become U+FFFD."""
    cut = scalar_text(text[:limit])
    if cut.isprintable():
        return cut
    return "".join(char if char.isprintable() else "\ufffd" for char in cut)
