"""Planted records that a reader must survive: damage, odd HTTP, what is no page, what is too big.

Where a cut record leaves a beginning, the cut lies in the page's head: no reader can save enough
of it to be kept.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator
from dataclasses import replace

from lakeprep.demo import warc
from lakeprep.demo.captures import (
    DAYS,
    Capture,
    Draft,
    Truth,
    draft,
    http,
    request_member,
    response_head,
    stored,
    truth_of,
)
from lakeprep.demo.grammar import load
from lakeprep.demo.prng import Stream

_HTML = ("Content-Type", "text/html; charset=utf-8")
_LANGUAGES = ("en", "de", "fr", "ru", "zh", "ja")
_HEAD_BYTES = 250
# The first byte of a deflate block of the reserved type 3: no decoder goes past it (RFC 1951).
_INVALID_BLOCK = b"\x07"
_BOMB_PIECES, _BOMB_PIECE = 1760, 1 << 16
_NESTED = 100_000
_PNG = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x00\x01\x00\x00\x00\x01\x08\x06\x00\x00\x00"
_PDF = b"%PDF-1.4\n1 0 obj\n<< /Type /Catalog >>\nendobj\ntrailer\n<< /Root 1 0 R >>\n%%EOF\n"


def broken(seed: int) -> Iterator[Capture]:
    """All captures of this module; the one with the truncated record must end the last file."""
    for case, (count, make) in _CASES.items():
        for i in range(count):
            stream = Stream(seed, case, i)
            yield make(draft(stream, _LANGUAGES[i % len(_LANGUAGES)]), case, i)
    last = draft(Stream(seed, "truncated_file"), "en", day=DAYS - 1)
    yield _cut(replace(last, moment=last.moment.replace(hour=23, minute=59)), "truncated_file", 0)


# Damaged WARC records


def _rejected(page: Draft, case: str, reason: str, *also: str) -> Truth:
    return replace(truth_of(page, case, "reject"), reason=reason, also_accepted=also)


def _stopped_member(truth: Truth, page: Draft) -> tuple[bytes, bytes]:
    """The response's gzip member up to a flushed point in the page's head, and the rest."""
    response = http(page.html.encode())
    head = response_head(truth, len(response))
    cut = response.index(b"\r\n\r\n") + _HEAD_BYTES
    deflate = zlib.compressobj(6, zlib.DEFLATED, zlib.MAX_WBITS | 16)
    start = deflate.compress(head + response[:cut]) + deflate.flush(zlib.Z_FULL_FLUSH)
    rest = deflate.compress(response[cut:] + b"\r\n\r\n") + deflate.flush()
    return start, rest


def _damaged(truth: Truth, page: Draft, member: bytes) -> Capture:
    return Capture(truth, page.day, request_member(truth) + member, readable=1)


def _corrupt(page: Draft, case: str, _: int) -> Capture:
    """Deflate data that turn invalid in the middle of a member."""
    truth = _rejected(page, case, "damaged", "filtered")
    start, rest = _stopped_member(truth, page)
    return _damaged(truth, page, start + _INVALID_BLOCK + rest[1:])


def _cut(page: Draft, case: str, _: int) -> Capture:
    """A member that ends in the middle, with the next one (or nothing) right after it."""
    truth = _rejected(page, case, "truncated_record", "filtered")
    return _damaged(truth, page, _stopped_member(truth, page)[0])


def _bad_header(page: Draft, case: str, i: int) -> Capture:
    """A sound member whose content is no WARC record."""
    truth = _rejected(page, case, "bad_header")
    garbage = b"WARC/\xff\xfe 1.0\r\nWARC-Type response" if i % 2 else b"\x00\x01\x02 not a record"
    return _damaged(truth, page, warc.gzip_member((garbage * 20,)))


def _huge_claim(page: Draft, case: str, _: int) -> Capture:
    """A record that claims 2 GB and holds the head of a page."""
    truth = _rejected(page, case, "truncated_record", "filtered")
    response = http(page.html.encode())
    part = response[: response.index(b"\r\n\r\n") + _HEAD_BYTES]
    return _damaged(truth, page, warc.gzip_member((response_head(truth, 2 << 30), part)))


# Odd HTTP messages


def _kept(page: Draft, case: str, message: bytes) -> Capture:
    return stored(truth_of(page, case, "kept"), page.day, message)


def _header_garbage(page: Draft, case: str, _: int) -> Capture:
    """Bytes that are neither an HTTP header nor a page."""
    truth = _rejected(page, case, "", "filtered")
    noise = bytes(Stream(page.url).below(256) for _ in range(400)).replace(b"<", b"\x00")
    return stored(truth, page.day, b"HTP/?.? \xff\xfe\x00 no status\n" + noise)


def _sloppy_header(page: Draft, case: str, _: int) -> Capture:
    """Bare line feeds, a line without a colon, bytes outside ASCII."""
    header = (
        "HTTP/1.0 200\nServer: caf\xe9\nthis line has no colon\n"
        "content-TYPE:text/html;charset=UTF-8\nX-Empty:\n\n"
    )
    return _kept(page, case, header.encode("latin-1") + page.html.encode())


def _chunks(body: bytes) -> bytes:
    pieces = [body[i : i + 700] for i in range(0, len(body), 700)]
    return b"".join(b"%x;part\r\n%s\r\n" % (len(p), p) for p in pieces) + b"0\r\n\r\n"


def _encoded(body: bytes, name: str, value: str) -> bytes:
    return warc.http_response(body, (_HTML, (name, value)))


def _chunked(page: Draft, case: str, _: int) -> Capture:
    body = _chunks(page.html.encode())
    return _kept(page, case, _encoded(body, "Transfer-Encoding", "chunked"))


def _chunked_claimed(page: Draft, case: str, _: int) -> Capture:
    """The header says chunked, but the recorder has joined the chunks (pywb does)."""
    return _kept(page, case, _encoded(page.html.encode(), "Transfer-Encoding", "chunked"))


def _chunked_broken(page: Draft, case: str, _: int) -> Capture:
    """A chunk size that is no number, after a first chunk inside the page's head."""
    truth = _rejected(page, case, "", "filtered")
    head = page.html.encode()[:_HEAD_BYTES]
    body = b"%x\r\n%s\r\nzz!!\r\n" % (len(head), head)
    return stored(truth, page.day, _encoded(body, "Transfer-Encoding", "chunked"))


def _gzip_encoding(page: Draft, case: str, i: int) -> Capture:
    html = page.html.encode()
    if i % 3 == 2:
        return _kept(page, case, _encoded(zlib.compress(html), "Content-Encoding", "deflate"))
    body = warc.gzip_member((html,))
    return _kept(page, case, _encoded(body, "Content-Encoding", "gzip"))


def _gzip_claimed(page: Draft, case: str, _: int) -> Capture:
    """The header says gzip, but the body is plain."""
    return _kept(page, case, _encoded(page.html.encode(), "Content-Encoding", "gzip"))


def _gzip_broken(page: Draft, case: str, _: int) -> Capture:
    """A gzip body that turns invalid in the page's head."""
    truth = _rejected(page, case, "", "filtered")
    deflate = zlib.compressobj(6, zlib.DEFLATED, zlib.MAX_WBITS | 16)
    start = deflate.compress(page.html.encode()[:_HEAD_BYTES])
    body = start + deflate.flush(zlib.Z_FULL_FLUSH) + _INVALID_BLOCK * 40
    return stored(truth, page.day, _encoded(body, "Content-Encoding", "gzip"))


def _wrong_length(page: Draft, case: str, i: int) -> Capture:
    """An HTTP Content-Length that is too small, too large or no number."""
    value = ("17", "99999999", "many")[i % 3]
    return _kept(page, case, _encoded(page.html.encode(), "Content-Length", value))


def _unlabelled(page: Draft, case: str, i: int) -> Capture:
    """HTML without a content type, or under a type that says nothing."""
    headers = (("Content-Type", "application/octet-stream"),) if i % 2 else ()
    return _kept(page, case, warc.http_response(page.html.encode(), headers))


def _plain_text(page: Draft, case: str, _: int) -> Capture:
    body = page.article.text.replace("\n", "\n\n").encode()
    headers = (("Content-Type", "text/plain; charset=utf-8"),)
    return _kept(page, case, http(body, headers))


def _resource(page: Draft, case: str, _: int) -> Capture:
    """A page stored without its HTTP message."""
    truth = truth_of(page, case, "kept")
    headers = (("WARC-Target-URI", page.url), ("Content-Type", "text/html"))
    identifier = warc.record_id("resource", page.url, page.moment)
    html = page.html.encode()
    member = warc.gzip_member((warc.record("resource", identifier, page.moment, headers, html),))
    return Capture(truth, page.day, member, records=1, readable=1)


# What is no page


def _status(page: Draft, case: str, i: int) -> Capture:
    status = ("404 Not Found", "301 Moved Permanently", "500 Server Error", "403 Forbidden")[i % 4]
    truth = _rejected(page, case, "http_status")
    title = load(page.article.language).label("missing")
    body = f"<html><title>{title}</title><p>{title}</p></html>".encode()
    headers = (_HTML, ("Location", f"https://{page.site.host}/")) if i % 4 == 1 else (_HTML,)
    return stored(truth, page.day, http(body, headers, status))


def _not_html(page: Draft, case: str, i: int) -> Capture:
    kind, body = (
        ("image/png", _PNG),
        ("application/pdf", _PDF),
        ("text/css", b"body { margin: 0; color: #222 }\n" * 30),
        ("application/json", b'{"status": "ok", "items": [1, 2, 3]}'),
    )[i % 4]
    truth = _rejected(page, case, "content_type")
    return stored(truth, page.day, http(body, (("Content-Type", kind),)))


def _mislabelled(page: Draft, case: str, i: int) -> Capture:
    """An image or a PDF that calls itself HTML."""
    truth = _rejected(page, case, "not_text", "filtered")
    return stored(truth, page.day, http((_PNG, _PDF)[i % 2] + bytes(range(128, 256)) * 8))


def _empty(page: Draft, case: str, _: int) -> Capture:
    return stored(_rejected(page, case, "empty_body"), page.day, http(b""))


# What is too big


def _too_large(page: Draft, case: str) -> Truth:
    return replace(truth_of(page, case, "filtered"), reason="too_large", also_accepted=("reject",))


def _nested(page: Draft, case: str, i: int) -> Capture:
    """A good article inside 100,000 open elements."""
    tag = ("div", "span")[i % 2]
    start, end = f"<{tag}>" * _NESTED, f"</{tag}>" * _NESTED
    html = page.html.replace("<body>", f"<body>{start}").replace("</body>", f"{end}</body>")
    if start not in html:
        html = f"{start}{html}{end}"
    return stored(_too_large(page, case), page.day, http(html.encode()))


def _bomb(page: Draft) -> Iterator[bytes]:
    """More than 110 MB of HTML, piece by piece."""
    paragraph = f"<p>{page.snippet}</p>\n".encode()
    piece = (paragraph * (_BOMB_PIECE // len(paragraph) + 1))[:_BOMB_PIECE]
    return (piece for _ in range(_BOMB_PIECES))


def _bomb_record(page: Draft, case: str, _: int) -> Capture:
    """A gzip member of about 300 KB that holds a record of more than 110 MB."""
    truth = _too_large(page, case)
    message = warc.http_response(b"", (_HTML,))
    head = response_head(truth, len(message) + _BOMB_PIECES * _BOMB_PIECE)
    member = warc.gzip_member((head, message, *_bomb(page), b"\r\n\r\n"))
    return Capture(truth, page.day, request_member(truth) + member)


def _bomb_encoding(page: Draft, case: str, _: int) -> Capture:
    """A gzip content encoding of more than 110 MB."""
    body = warc.gzip_member(_bomb(page))
    return stored(_too_large(page, case), page.day, _encoded(body, "Content-Encoding", "gzip"))


_CASES: dict[str, tuple[int, Callable[[Draft, str, int], Capture]]] = {
    "corrupt_member": (6, _corrupt),
    "cut_member": (6, _cut),
    "bad_warc_header": (4, _bad_header),
    "huge_claim": (2, _huge_claim),
    "http_garbage": (4, _header_garbage),
    "http_sloppy": (6, _sloppy_header),
    "chunked": (6, _chunked),
    "chunked_claimed": (6, _chunked_claimed),
    "chunked_broken": (4, _chunked_broken),
    "content_encoding": (6, _gzip_encoding),
    "content_encoding_claimed": (6, _gzip_claimed),
    "content_encoding_broken": (4, _gzip_broken),
    "content_length_wrong": (6, _wrong_length),
    "content_type_missing": (6, _unlabelled),
    "plain_text": (6, _plain_text),
    "resource_record": (5, _resource),
    "http_status": (8, _status),
    "not_html": (8, _not_html),
    "mislabelled": (4, _mislabelled),
    "empty_body": (5, _empty),
    "deep_nesting": (2, _nested),
    "bomb_record": (1, _bomb_record),
    "bomb_encoding": (1, _bomb_encoding),
}
