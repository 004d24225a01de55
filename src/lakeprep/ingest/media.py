"""What the bytes of a body are, and what its header says they are.

The bytes win: HTML is HTML under any header, a PDF is none under text/html. The signatures are
those of the WHATWG MIME sniffing standard where it has them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

HTML, XHTML, PLAIN = "text/html", "application/xhtml+xml", "text/plain"

_HTML_TYPES = frozenset({HTML, "text/htm", "application/html", "text/xhtml"})
_XHTML_TYPES = frozenset({XHTML, "application/vnd.wap.xhtml+xml"})
_UNKNOWN_TYPES = frozenset(
    {"", "application/octet-stream", "application/unknown", "unknown/unknown", "*/*", "text/*",
     "application/x-unknown-content-type", "binary/octet-stream", "text", "none", "content/unknown"}
)  # fmt: skip
_HEAD = 4096
_CHARSET = re.compile(r"charset\s*=\s*[\"']?\s*([A-Za-z0-9_.:+\-]{1,40})", re.I)
_MEDIA_TYPE = re.compile(r"[a-z0-9!#$&^_.+*\-]{1,80}(?:/[a-z0-9!#$&^_.+*\-]{1,80})?")
_PREAMBLE = re.compile(rb"(?:\s{1,4096}|<\?xml[^>]{0,1024}>|<!--(?:(?!-->)[\s\S]){0,4096}-->)*")
_PAGE = re.compile(rb"<!doctype\s{1,64}html[\s>]|<(?:html|head|body)[\s>]", re.I)
_XHTML = re.compile(rb"<\?xml[\s\S]{0,2048}<html[\s>]", re.I)
_MARKUP = re.compile(
    rb"<(?:script|iframe|h[1-6]|div|font|table|a|style|title|b|br|p|meta|link|center|frameset|span"
    rb"|base|form|ul|ol|section|article|main|header|nav)[\s>/]",
    re.I,
)
_BINARY = re.compile(rb"[\x00-\x08\x0b\x0e-\x1a\x1c-\x1f]")
_UTF16_OR_32 = (b"\xff\xfe", b"\xfe\xff", b"\x00\x00\xfe\xff")
_UTF8_MARK = b"\xef\xbb\xbf"
_MAX_BINARY_SHARE = 0.1
"""Of the first KiB: pages with stray control characters stay, data under a wrong name goes."""

SIGNATURES: tuple[tuple[bytes, str], ...] = (
    (b"%PDF-", "PDF"),
    (b"\x89PNG\r\n", "PNG"),
    (b"GIF87a", "GIF"),
    (b"GIF89a", "GIF"),
    (b"\xff\xd8\xff", "JPEG"),
    (b"PK\x03\x04", "ZIP"),
    (b"\x1f\x8b\x08", "gzip"),
    (b"\x28\xb5\x2f\xfd", "zstd"),
    (b"BZh", "bzip2"),
    (b"\xfd7zXZ\x00", "xz"),
    (b"Rar!\x1a\x07", "RAR"),
    (b"7z\xbc\xaf\x27\x1c", "7z"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an old Office document"),
    (b"%!PS-Adobe", "PostScript"),
    (b"{\\rtf", "RTF"),
    (b"OggS\x00", "Ogg"),
    (b"ID3", "MP3"),
    (b"wOFF", "a font"),
    (b"wOF2", "a font"),
    (b"\x7fELF", "a program"),
    (b"\x00\x00\x01\x00", "an icon"),
    (b"SQLite format 3\x00", "SQLite"),
)


@dataclass(frozen=True, slots=True)
class Declared:
    """A Content-Type field: type in lower case (empty if unusable), charset in lower case."""

    media_type: str
    charset: str | None


def parse_content_type(field: str) -> Declared:
    """`text/html; charset=UTF-8` and what servers make of it; anything unusable is left out."""
    field = field[:1024]
    media_type = field.split(";")[0].split(",")[0].strip().lower()
    found = _CHARSET.search(field)
    return Declared(
        media_type=media_type if _MEDIA_TYPE.fullmatch(media_type) else "",
        charset=found.group(1).lower() if found else None,
    )


def signature(body: bytes) -> str | None:
    """The name of the binary format that the first bytes are those of."""
    for magic, name in SIGNATURES:
        if body.startswith(magic):
            return name
    if body[4:8] == b"ftyp":
        return "MP4"
    if body[:4] == b"RIFF" and body[8:12] in (b"WEBP", b"WAVE", b"AVI "):
        return "RIFF"
    return None


def is_page(body: bytes) -> bool:
    """The first tag is one that only a whole page has."""
    return _after_preamble(body, _PAGE)


def is_markup(body: bytes) -> bool:
    """The first tag is one of HTML, so that a body without a type may be taken for HTML."""
    return _after_preamble(body, _MARKUP) or is_page(body)


def is_binary(body: bytes) -> bool:
    """The first KiB holds more control characters than text in any encoding does."""
    head = body[:1024]
    if head.startswith(_UTF16_OR_32) or _wide(head):
        return False
    return len(_BINARY.findall(head)) > _MAX_BINARY_SHARE * len(head)


def looks_like_text(body: bytes) -> bool:
    """Markup, or a first KiB of UTF-8 without control characters: not compressed data."""
    if is_markup(body):
        return True
    head = body[:1024]
    if _BINARY.search(head):
        return False
    try:
        head.decode("utf-8")
    except UnicodeDecodeError as error:
        return error.start > len(head) - 4 and len(head) == 1024
    return True


def page_type(declared: str, body: bytes, hint: str = "") -> str | None:
    """HTML, XHTML or PLAIN where a body is a page, else None.

    `declared` is the header's type, `hint` one that the archive offers; it counts only where the
    header has none to give. The caller has looked for binary signatures.
    """
    if is_page(body):
        return XHTML if _is_xhtml(declared, body) else HTML
    named = declared
    if declared in _UNKNOWN_TYPES:
        if is_markup(body):
            return HTML
        named = hint
    if named in _HTML_TYPES:
        return HTML
    if named in _XHTML_TYPES:
        return XHTML
    return PLAIN if named == PLAIN else None


def claims_text(declared: str) -> bool:
    """The header promises a page, so that other bytes are its lie and not a type of their own."""
    return declared in _HTML_TYPES or declared in _XHTML_TYPES or declared == PLAIN


def _is_xhtml(declared: str, body: bytes) -> bool:
    if declared in _HTML_TYPES:
        return False
    return declared in _XHTML_TYPES or _XHTML.match(body[:_HEAD].lstrip()) is not None


def _after_preamble(body: bytes, pattern: re.Pattern[bytes]) -> bool:
    head = body[:_HEAD]
    if head.startswith(_UTF8_MARK):
        head = head[3:]
    if head.startswith(_UTF16_OR_32) or _wide(head):
        head = head.removeprefix(b"\xff\xfe").removeprefix(b"\xfe\xff").replace(b"\x00", b"")
    preamble = _PREAMBLE.match(head)
    return pattern.match(head, preamble.end() if preamble else 0) is not None


def _wide(head: bytes) -> bool:
    """UTF-16 or 32 without a mark: ASCII letters with zero bytes between."""
    return head[:16].count(b"\x00") >= 4 and re.match(rb"\x00{0,3}[<\s!-~]\x00", head) is not None
