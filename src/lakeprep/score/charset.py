"""Bytes in, text out: which encoding a page is in, by what it says and what its bytes allow.

The order follows the HTML standard (byte order mark, Content-Type header, <meta> or XML
declaration, sniffing), with one addition from the field: labels are often wrong, valid multi-byte
UTF-8 almost never an accident, so a body that is UTF-8 is read as UTF-8 whatever was declared, and
a label that the bytes contradict is passed over. Labels mean what browsers make of them
(https://encoding.spec.whatwg.org): latin-1 is windows-1252, gb2312 is gb18030.
"""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import numpy as np

from lakeprep.kernels.page_bytes import UTF8, utf8_kind

# The HTML standard looks for <meta charset> in the first 1,024 bytes; real pages put it later.
_DECLARATION_BYTES: Final = 8_192
_SNIFF_BYTES: Final = 32_768
_WIDE_SAMPLE_BYTES: Final = 4_096

# A wrong multi-byte label turns most non-ASCII characters into U+FFFD, a right one on a page with
# some damage only a few. The gap between the two is wide on real pages: the value is not critical.
_MAX_DAMAGE: Final = 0.1

_BYTE_ORDER_MARKS: Final = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_META: Final = re.compile(
    rb"""<meta\s[^>]{0,1024}?charset\s{0,8}=\s{0,8}["']?\s{0,8}([A-Za-z0-9_:.\-]{1,40})""", re.I
)
_XML: Final = re.compile(
    rb"""\s{0,64}<\?xml\s[^>]{0,256}?encoding\s{0,8}=\s{0,8}["']([A-Za-z0-9_:.\-]{1,40})""", re.I
)
_NON_ASCII: Final = re.compile(rb"[\x80-\xff]")

_MULTI_BYTE: Final = frozenset(
    {"utf-8", "gb18030", "big5hkscs", "cp932", "euc_jp", "cp949", "johab"}
)
# What uchardet says of short Western texts; the web has next to no pages in DOS code pages of
# Latin script. A body that is UTF-8 has been read before sniffing.
_IMPROBABLE: Final = frozenset({"utf-8", "cp437", "cp850", "cp852"})
_SEVEN_BIT: Final = frozenset({"iso2022_jp", "iso2022_kr", "hz"})

# Codecs that pages name and Python has, by the name `codecs.lookup` gives them, as the codec that
# browsers would use. What is not here (punycode, unicode_escape, utf-7, ...) encodes no page.
_BROWSER_CODECS: Final[dict[str, str]] = {
    "utf-8": "utf-8",
    "utf-8-sig": "utf-8",
    "utf-16": "utf-16-le",
    "utf-16-le": "utf-16-le",
    "utf-16-be": "utf-16-be",
    "utf-32-le": "utf-32-le",
    "utf-32-be": "utf-32-be",
    "ascii": "cp1252",
    "iso8859-1": "cp1252",
    "iso8859-9": "cp1254",
    "iso8859-11": "cp874",
    "tis-620": "cp874",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "gb18030": "gb18030",
    "hz": "hz",
    "big5": "big5hkscs",
    "cp950": "big5hkscs",
    "big5hkscs": "big5hkscs",
    "shift_jis": "cp932",
    "cp932": "cp932",
    "euc_jp": "euc_jp",
    "iso2022_jp": "iso2022_jp",
    "euc_kr": "cp949",
    "cp949": "cp949",
    "iso2022_kr": "iso2022_kr",
    "johab": "johab",
    **{
        name: name
        for name in (
            *(f"iso8859-{part}" for part in (2, 3, 4, 5, 6, 7, 8, 10, 13, 14, 15, 16)),
            *(f"cp{page}" for page in range(1250, 1259)),
            *("cp437", "cp850", "cp852", "cp855", "cp866", "cp874", "koi8-r", "koi8-u"),
            *("mac-roman", "mac-cyrillic", "mac-latin2", "mac-greek", "mac-turkish", "kz1048"),
        )
    },
}
# Labels of the Encoding Standard, and some seen in crawls, that `codecs.lookup` does not know.
_LABELS: Final[dict[str, str]] = {
    "dos-874": "cp874",
    "windows-874": "cp874",
    "iso-8859-8-i": "iso8859-8",
    "iso-8859-8-e": "iso8859-8",
    "logical": "iso8859-8",
    "visual": "iso8859-8",
    "koi": "koi8-r",
    "koi8": "koi8-r",
    "koi8-ru": "koi8-u",
    "windows-949": "cp949",
    "ks_c_5601-1989": "cp949",
    "korean": "cp949",
    "windows-31j": "cp932",
    "x-sjis": "cp932",
    "x-euc-jp": "euc_jp",
    "x-gbk": "gb18030",
    "gb_2312-80": "gb18030",
    "x-x-big5": "big5hkscs",
    "cn-big5": "big5hkscs",
    "x-big5": "big5hkscs",
    "unicode": "utf-16-le",
    "ucs-2": "utf-16-le",
    "iso-10646-ucs-2": "utf-16-le",
    "unicode-1-1-utf-8": "utf-8",
    "x-unicode20utf8": "utf-8",
    "x-mac-cyrillic": "mac-cyrillic",
    "x-mac-ukrainian": "mac-cyrillic",
    "x-mac-roman": "mac-roman",
    "mac": "mac-roman",
    "ansi": "cp1252",
    **{f"x-cp{page}": f"cp{page}" for page in range(1250, 1259)},
    **{f"win-{page}": f"cp{page}" for page in range(1250, 1259)},
    **{f"win{page}": f"cp{page}" for page in range(1250, 1259)},
}


@dataclass(frozen=True)
class Decoded:
    """A page's text and the Python codec it was read with. The text has no byte order mark and
    no lone surrogate; bytes that are nothing in the encoding are U+FFFD."""

    text: str
    encoding: str


def decode(body: bytes | memoryview, declared: str | None) -> Decoded:
    """The text of `body`. `declared` is the charset of its Content-Type header, if it had one.

    Never raises; linear in the body's length (at most five passes). A body without any evidence is
    windows-1252, the default of browsers.
    """
    data = bytes(body)
    marked = _by_mark_or_width(data)
    if marked is not None:
        return _read(data, marked)
    declared_codec = codec_of_label(declared) if declared else None
    if data.isascii():
        return _decode_seven_bit(data, declared_codec)
    utf8 = _as_utf8(data)
    if utf8 is not None:
        return Decoded(utf8, "utf-8")
    return _decode_legacy(data, declared_codec)


def in_utf8(body: bytes | memoryview, declared: str | None) -> bytes | memoryview:
    """`body` as UTF-8: itself if that is what `decode` reads it as, so that it may begin with a
    byte order mark, and bytes that are nothing are still there."""
    marked = _by_mark_or_width(bytes(body[:_WIDE_SAMPLE_BYTES]))
    if marked is None and utf8_kind(np.frombuffer(body, dtype=np.uint8)) == UTF8:
        return body
    decoded = decode(body, declared)
    if decoded.encoding in ("utf-8", "ascii"):
        return body
    return decoded.text.encode("utf-8", "replace")


@lru_cache(maxsize=1024)
def codec_of_label(label: str) -> str | None:
    """The Python codec that browsers use for a charset label, or None if it names none."""
    name = label.strip(" \t\r\n\f\"';,").lower()
    if not name or len(name) > 40:
        return None
    if name in _LABELS:
        return _LABELS[name]
    try:
        return _BROWSER_CODECS.get(codecs.lookup(name).name)
    except (LookupError, ValueError):
        return None


def _by_mark_or_width(data: bytes) -> str | None:
    """The encoding told by a byte order mark, or UTF-16 or UTF-32 by where its zero bytes lie."""
    for mark, encoding in _BYTE_ORDER_MARKS:
        if data.startswith(mark):
            return encoding
    sample = data[:_WIDE_SAMPLE_BYTES]
    quarter = len(sample) // 4
    if quarter == 0 or sample.count(0) < quarter:
        return None
    zeros = [sample[offset::4].count(0) / quarter for offset in range(4)]
    full, none = 0.9, 0.1
    if min(zeros[1:]) > full and zeros[0] < none:
        return "utf-32-le"
    if min(zeros[:3]) > full and zeros[3] < none:
        return "utf-32-be"
    even, odd = (zeros[0] + zeros[2]) / 2, (zeros[1] + zeros[3]) / 2
    # Half is enough for text with some non-Latin characters; the other half must have almost none.
    if odd > 0.4 and even < none:
        return "utf-16-le"
    if even > 0.4 and odd < none:
        return "utf-16-be"
    return None


def _decode_seven_bit(data: bytes, declared: str | None) -> Decoded:
    """ASCII, or one of the encodings that hide behind escape sequences."""
    if b"\x1b" in data or b"~{" in data:
        for candidate in (declared, _declaration(data), _sniff(data)):
            if candidate in _SEVEN_BIT:
                return _read(data, candidate)
    return Decoded(data.decode("ascii"), "ascii")


def _as_utf8(data: bytes) -> str | None:
    """The text if the body is UTF-8: valid, cut in its last character, or with little damage."""
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        text = data.decode("utf-8", "replace")
    return text if _damage(text) <= _MAX_DAMAGE else None


def _damage(text: str) -> float:
    """Share of U+FFFD in the characters that are not ASCII."""
    non_ascii = len(text) - len(text.encode("ascii", "ignore"))
    return text.count("�") / non_ascii if non_ascii else 0.0


def _decode_legacy(data: bytes, declared: str | None) -> Decoded:
    """A body that is not UTF-8: the first label its bytes bear out, else what they look like."""
    in_page = _declaration(data)
    sniffed: str | None = None
    for label in (declared, in_page):
        if label is None or label == "utf-8" or label in _SEVEN_BIT or label.startswith("utf-"):
            continue
        if label in _MULTI_BYTE:
            decoded = _read(data, label)
            if _damage(decoded.text) <= _MAX_DAMAGE:
                return decoded
            continue
        if label == "cp1252" and label == declared and in_page not in (None, "cp1252"):
            # A server's default says latin-1 of everything; believed if the page agrees, or if
            # the page's own label is not what the bytes look like either.
            sniffed = sniffed or _sniff(data)
            if sniffed == in_page:
                continue
        return _read(data, label)
    sniffed = sniffed or _sniff(data)
    return _read(data, sniffed or "cp1252")


def _declaration(data: bytes) -> str | None:
    """The encoding that the page's own <meta> or XML declaration names."""
    head = data[:_DECLARATION_BYTES]
    found = _XML.match(head) or _META.search(head)
    return codec_of_label(found.group(1).decode("ascii")) if found else None


def _sniff(data: bytes) -> str | None:
    """What uchardet makes of the bytes from the first non-ASCII one on, where the evidence is."""
    from resiliparse.parse.encoding import detect_encoding

    found = _NON_ASCII.search(data)
    start = max(0, found.start() - 256) if found else 0
    sample = data[start : start + _SNIFF_BYTES]
    # Its own mapping to WHATWG names turns cp949 and others into UTF-8, so it is left off.
    name = detect_encoding(sample, html5_compatible=False, from_html_meta=False)
    codec = codec_of_label(name) if name else None
    return None if codec in _IMPROBABLE else codec


def _read(data: bytes, encoding: str) -> Decoded:
    """Decode with U+FFFD for what cannot be read, without the mark."""
    text = data.decode(encoding, _C1 if encoding.startswith("cp12") else "replace")
    if encoding.startswith("utf-"):
        text = text.removeprefix("\ufeff")
    return Decoded(text, encoding)


def _unassigned_as_c1(error: UnicodeError) -> tuple[str, int]:
    """The five bytes that windows-1252 leaves open are C1 controls in browsers."""
    if not isinstance(error, UnicodeDecodeError):
        raise error
    return error.object[error.start : error.end].decode("latin-1"), error.end


_C1: Final = "lakeprep-c1"
codecs.register_error(_C1, _unassigned_as_c1)
