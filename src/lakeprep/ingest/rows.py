"""One row of JSON lines or Parquet made a page: url, text or html, optionally id, fetched_at."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from lakeprep.ingest.dates import epoch_time, parse_time, utc_time
from lakeprep.ingest.records import (
    EPOCH,
    RECORD_ID_CHARS,
    Limits,
    Page,
    Reason,
    Reject,
    digest,
    is_blank,
    page_id,
    printable,
    scalar_text,
)
from lakeprep.ingest.urls import clean_url

FIELDS = ("url", "text", "html", "id", "fetched_at")


@dataclass(frozen=True, slots=True)
class Place:
    """Where a row stands, as pages and rejects say it."""

    path: str
    offset: int
    inner: int
    length: int

    def reject(
        self, reason: Reason, detail: str, url: str | None = None, record_id: str | None = None
    ) -> Reject:
        return Reject(self.path, self.offset, record_id, url, reason, printable(detail), self.inner)


def column_names(fields: Mapping[str, str]) -> dict[str, str]:
    """Field to the name it has in the input: that of the recipe's ingest.fields, else its own."""
    return {name: fields.get(name, name) for name in FIELDS}


def row_outcome(
    row: Mapping[str, object], place: Place, limits: Limits, names: Mapping[str, str]
) -> Page | Reject:
    """The page of one row. Text is preferred to HTML: who gives both has extracted already."""
    raw_id = row.get(names["id"])
    record_id = printable(str(raw_id), RECORD_ID_CHARS) if isinstance(raw_id, (str, int)) else None
    raw_url = row.get(names["url"])
    url = clean_url(raw_url) if isinstance(raw_url, str) else None
    if url is None:
        return place.reject(Reason.NO_URL, _kind(names["url"], raw_url), record_id=record_id)
    text, html = row.get(names["text"]), row.get(names["html"])
    content = text if isinstance(text, (str, bytes)) else html
    if not isinstance(content, (str, bytes)):
        missing = f"{_kind(names['text'], text)}, {_kind(names['html'], html)}"
        return place.reject(Reason.NO_TEXT, missing, url, record_id)
    body = _utf8(content) if isinstance(content, str) else content
    if len(body) > limits.max_body_bytes:
        return place.reject(Reason.TOO_LARGE, f"a body of {len(body)} bytes", url, record_id)
    if is_blank(body):
        return place.reject(Reason.EMPTY_BODY, "", url, record_id)
    fetched_at = _time(row.get(names["fetched_at"])) or EPOCH
    payload = digest(body)
    return Page(
        page_id=page_id(url, fetched_at, payload),
        url=url,
        fetched_at=fetched_at,
        http_status=None,
        content_type="text/plain" if content is text else "text/html",
        charset="utf-8" if isinstance(content, str) else None,
        payload_digest=payload,
        body=body,
        truncated=False,
        source_path=place.path,
        source_offset=place.offset,
        source_length=place.length,
        record_id=record_id,
        inner_offset=place.inner,
    )


def _utf8(text: str) -> bytes:
    try:
        return text.encode("utf-8")
    except UnicodeEncodeError:
        return scalar_text(text).encode("utf-8")


def _time(value: object) -> datetime | None:
    if isinstance(value, str):
        return parse_time(value[:64])
    if isinstance(value, datetime):
        return utc_time(value)
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        try:
            return epoch_time(float(value))
        except OverflowError:
            return None
    return None


def _kind(name: str, value: object) -> str:
    return f"no {name}" if value is None else f"{name} is a {type(value).__name__}"
