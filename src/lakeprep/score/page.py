"""One page's way from bytes to repaired text: what runs inside the isolated child."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
import numpy.typing as npt

from lakeprep.kernels.page_bytes import total
from lakeprep.score.charset import in_utf8
from lakeprep.score.extract import Extracted, extract_html
from lakeprep.score.markup import MarkupSize, scan_markup
from lakeprep.score.options import ScoreOptions
from lakeprep.score.repair import repair_text

PageStatus = Literal["ok", "empty", "timeout", "too_large", "not_text", "error"]

# Text has next to no control characters (the worst real page 1 in 60), compressed bytes 1 in 10.
# Runs of NUL are another matter: some servers pad with them and parsers skip them, while the NULs
# of UTF-16 that was not recognised are half of everything. U+FFFD tells bytes
# that are UTF-8 by no one's reading; real pages with damage stay under a tenth.
_MAX_CONTROL_SHARE: Final = 0.05
_MAX_NUL_SHARE: Final = 0.4
_MAX_REPLACED_SHARE: Final = 0.3
_SAMPLE_BYTES: Final = 8_192
_REPLACED: Final = "\ufffd".encode()
_NO_TEXT: Final = frozenset({*range(1, 0x20), 0x7F} - set(b"\t\n\v\f\r\x1b"))
# Media types whose body is the text itself; everything else is parsed as HTML.
_PLAIN_TYPES: Final = frozenset({"text/plain", "text/markdown"})


@dataclass(frozen=True)
class Page:
    """What ingest stored of a page. `content_type` is the media type, with or without
    parameters; `charset` the declared one."""

    body: memoryview
    content_type: str | None
    charset: str | None


@dataclass(frozen=True)
class PageText:
    """What became of it: `title` and `text` are None unless the status is `ok` (a page that is
    `empty` may still have a title). `detail` is for people and bounded."""

    status: PageStatus
    title: str | None = None
    text: str | None = None
    detail: str | None = None


def read_page(page: Page, options: ScoreOptions) -> PageText:
    """Decode, measure, extract and repair. A pure function of the page and the options; raises
    what native code raises."""
    limits = options.limits
    plain = is_plain(page.content_type)
    too_long = _too_long(len(page.body), limits.max_text_bytes if plain else limits.max_html_bytes)
    if too_long is not None:
        return too_long
    encoded = in_utf8(page.body, page.charset)
    if not _is_text(encoded):
        return PageText("not_text", detail="binary data where text was declared")
    if plain:
        extracted = Extracted(_text(encoded).strip(), None)
    else:
        allowed = MarkupSize(
            limits.max_nodes, limits.max_depth, limits.max_steps, limits.max_attributes
        )
        markup = scan_markup(encoded, allowed)
        if (too_much := _too_much_markup(markup.size, allowed)) is not None:
            return too_much
        lean = options.extractor == "resiliparse"
        extracted = extract_html(_text(markup.lean if lean else encoded), options.extractor)
    title = _repaired_title(extracted.title)
    repaired = repair_text(extracted.text).strip()
    return PageText("ok" if repaired else "empty", title, repaired or None)


def is_plain(content_type: str | None) -> bool:
    """Whether a body of this media type is its own text."""
    return (content_type or "").partition(";")[0].strip().lower() in _PLAIN_TYPES


def _too_long(size: int, limit: int) -> PageText | None:
    if size <= limit:
        return None
    return PageText("too_large", detail=f"{size} bytes, limit {limit}")


def _text(encoded: bytes | memoryview) -> str:
    return str(encoded, "utf-8", "replace").removeprefix("\ufeff")


def _too_much_markup(size: MarkupSize, allowed: MarkupSize) -> PageText | None:
    """`too_large` if the markup passes a limit, naming the first that it passes."""
    for name in ("nodes", "depth", "steps", "attributes"):
        limit: int = getattr(allowed, name)
        if getattr(size, name) > limit:
            return PageText("too_large", detail=f"markup: {name} above {limit}")
    return None


def _worth() -> npt.NDArray[np.int64]:
    """What each byte of UTF-8 adds to four counts of 16 bits, from the lowest: characters, NUL,
    controls that no text has, and bytes that U+FFFD begins with."""
    worth = np.ones(256, dtype=np.int64)
    worth[0x80:0xC0] = 0
    worth[0] += 1 << 16
    worth[list(_NO_TEXT)] += 1 << 32
    worth[_REPLACED[0]] += 1 << 48
    return worth


_WORTH: Final = _worth()


def _is_text(encoded: bytes | memoryview) -> bool:
    """Whether three samples (start, middle, end) of what is UTF-8, or nearly, look like text rather
    than decoded binary."""
    size = len(encoded)
    starts = (0, max(0, (size - _SAMPLE_BYTES) // 2), size - _SAMPLE_BYTES)
    samples = [(start, start + _SAMPLE_BYTES) for start in starts]
    if size <= len(samples) * _SAMPLE_BYTES:
        samples = [(0, size)]
    data = np.frombuffer(encoded, dtype=np.uint8)
    counts = sum(total(data, start, end, _WORTH) for start, end in samples)
    chars, nul, control, replaced = (counts >> place & 0xFFFF for place in (0, 16, 32, 48))
    if replaced:
        replaced = sum(bytes(encoded[start:end]).count(_REPLACED) for start, end in samples)
    return bool(
        nul <= _MAX_NUL_SHARE * chars
        and control <= _MAX_CONTROL_SHARE * chars
        and replaced <= _MAX_REPLACED_SHARE * chars
    )


def _repaired_title(title: str | None) -> str | None:
    return (" ".join(repair_text(title).split()) or None) if title else None
