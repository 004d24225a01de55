"""From an archive record to its one outcome: a page, a reject, or a record nobody wants.

Order of the questions: is it a kind that can be a page; is there a URL; is it whole enough; is it
an HTTP response with status 2xx; does its body decode within the limits; is there anything in it;
is it HTML or plain text by header and bytes together.
"""

from __future__ import annotations

from dataclasses import dataclass

from lakeprep.ingest import encodings, http, media
from lakeprep.ingest.archive import Frame, Gap
from lakeprep.ingest.dates import parse_time
from lakeprep.ingest.headers import RecordHeader
from lakeprep.ingest.records import (
    EPOCH,
    Limits,
    Page,
    Reason,
    Reject,
    Skipped,
    digest,
    is_blank,
    page_id,
    printable,
)
from lakeprep.ingest.urls import clean_url, scheme_of

PAGE_KINDS = frozenset({"response", "resource", "conversion"})
_CRAWLER_SCHEMES = frozenset(
    {"dns", "whois", "metadata", "urn", "warcinfo", "filedesc", "screenshot", "thumbnail", "about"}
)
"""The crawler's own notes: look-ups, logs, pictures of the page. A URL with no scheme, or one
nobody knows, is still a page's: data sets are made with all kinds of names for their pages."""


@dataclass(frozen=True, slots=True)
class _No:
    reason: Reason
    detail: str


@dataclass(frozen=True, slots=True)
class _Content:
    """What was found in a block: the body and what is said of it."""

    body: bytes
    declared: str
    charset: str | None
    status: int | None
    complete: bool


def judge(frame: Frame, source_path: str, limits: Limits) -> Page | Reject | Skipped:
    """The outcome of one record.

    A record that was cut is a page as far as it goes, marked truncated, if its header is there
    and at least one byte of its body; so are a body whose encoding breaks off and a record that
    the crawler says is incomplete.
    """
    header = frame.header
    if header.kind not in PAGE_KINDS:
        return Skipped(frame.offset, printable(header.kind, 64) or "no type", frame.inner)
    url = clean_url(header.url)
    scheme = scheme_of(url) if url else ""
    if scheme in _CRAWLER_SCHEMES:
        return Skipped(frame.offset, f"{header.kind} {scheme}", frame.inner)
    found = _No(Reason.NO_URL, header.url) if url is None else _content(frame, limits)
    if isinstance(found, _Content):
        named = _type_of(found, header)
        if url is not None and isinstance(named, str):
            return _page(frame, source_path, url, found, named)
        found = named if isinstance(named, _No) else found
    assert isinstance(found, _No)
    return Reject(
        source_path=source_path,
        source_offset=frame.offset,
        record_id=header.record_id,
        url=url,
        reason=found.reason,
        detail=printable(found.detail),
        inner_offset=frame.inner,
    )


def judge_gap(gap: Gap, source_path: str) -> Reject:
    """The reject of a stretch without a record, or of a record without a header."""
    return Reject(
        source_path=source_path,
        source_offset=gap.offset,
        record_id=gap.record_id,
        url=clean_url(gap.url) if gap.url else None,
        reason=gap.reason,
        detail=printable(gap.detail),
        inner_offset=gap.inner,
    )


def _page(frame: Frame, source_path: str, url: str, content: _Content, named: str) -> Page:
    fetched_at = parse_time(frame.header.date[:64]) or EPOCH
    payload = digest(content.body)
    return Page(
        page_id=page_id(url, fetched_at, payload),
        url=url,
        fetched_at=fetched_at,
        http_status=content.status,
        content_type=named,
        charset=content.charset,
        payload_digest=payload,
        body=content.body,
        truncated=frame.cut or frame.header.incomplete or not content.complete,
        source_path=source_path,
        source_offset=frame.offset,
        source_length=frame.length,
        record_id=frame.header.record_id,
        inner_offset=frame.inner,
    )


def _content(frame: Frame, limits: Limits) -> _Content | _No:
    header, block = frame.header, frame.block
    if frame.too_large:
        return _No(Reason.TOO_LARGE, f"a record of {max(header.length, frame.length)} bytes")
    if frame.cut and is_blank(block):
        return _No(Reason.TRUNCATED_RECORD, "ends before its content")
    if header.kind != "response":
        return _bare(header, block)
    head = http.parse_head(block, limits.max_header_bytes)
    if head is not None:
        return _response(head, block, limits, cut=frame.cut)
    if media.is_page(block) or not _is_http(header):
        return _bare(header, block)
    return _No(Reason.BAD_HTTP, repr(block[:40].decode("latin-1")))


def _is_http(header: RecordHeader) -> bool:
    """ARC records of web pages are responses whatever their type says."""
    declared = media.parse_content_type(header.content_type).media_type
    return declared == "application/http" or header.record_id is None


def _bare(header: RecordHeader, block: bytes) -> _Content | _No:
    """A block that is the body: resource, conversion, or a page kept without its HTTP header."""
    declared = media.parse_content_type(header.content_type)
    named = "" if declared.media_type == "application/http" else declared.media_type
    if is_blank(block):
        return _No(Reason.EMPTY_BODY, "")
    # WET text is UTF-8 by the standard of those who write it, and says so nowhere.
    charset = "utf-8" if header.kind == "conversion" else declared.charset
    return _Content(block, named, charset, None, complete=True)


def _response(
    head: http.ResponseHead, block: bytes, limits: Limits, *, cut: bool
) -> _Content | _No:
    if not 200 <= head.status <= 299:
        return _No(Reason.HTTP_STATUS, str(head.status))
    body, whole = block[head.body_at :], True
    if is_blank(body):
        if cut:
            return _No(Reason.TRUNCATED_RECORD, "ends before its body")
        return _No(Reason.EMPTY_BODY, "")
    if "chunked" in head.transfer_encoding:
        body, whole = http.dechunk(body, cut=cut)
    if head.content_encoding:
        try:
            body, decoded = encodings.decode_content(
                body, head.content_encoding, limits.max_body_bytes
            )
        except encodings.TooLarge:
            return _No(Reason.TOO_LARGE, f"decodes to more than {limits.max_body_bytes} bytes")
        except encodings.Undecodable as error:
            return _No(Reason.BAD_ENCODING, str(error))
        whole = whole and decoded
    if len(body) > limits.max_body_bytes:
        return _No(Reason.TOO_LARGE, f"a body of {len(body)} bytes")
    if is_blank(body):
        return _No(Reason.EMPTY_BODY, "")
    declared = media.parse_content_type(head.content_type)
    return _Content(body, declared.media_type, declared.charset, head.status, complete=whole)


def _type_of(content: _Content, header: RecordHeader) -> str | _No:
    """The type of a page, or why it is none."""
    declared, body = content.declared, content.body
    binary = media.signature(body)
    if binary is None and media.is_binary(body) and not media.is_page(body):
        binary = "binary data"
    if binary is not None and media.claims_text(declared):
        return _No(Reason.NOT_TEXT, f"{declared} is {binary}")
    hint = media.parse_content_type(header.payload_type).media_type
    named = None if binary else media.page_type(declared, body, hint)
    return named or _No(Reason.CONTENT_TYPE, declared or binary or "none")
