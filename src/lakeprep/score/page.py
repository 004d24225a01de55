"""One page's way from bytes to repaired text: what runs inside the isolated child."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

from lakeprep.score.charset import decode
from lakeprep.score.extract import Extracted, extract_html
from lakeprep.score.markup import MarkupSize, scan_markup
from lakeprep.score.options import PageLimits, ScoreOptions
from lakeprep.score.repair import repair_text

PageStatus = Literal["ok", "empty", "timeout", "too_large", "not_text", "error"]

# Text has next to no control characters (the worst real page 1 in 60), compressed bytes 1 in 10.
# Runs of NUL are another matter: some servers pad with them and parsers skip them, while the NULs
# of UTF-16 that was not recognised are half of everything. U+FFFD tells bytes
# that are UTF-8 by no one's reading; real pages with damage stay under a tenth.
_MAX_CONTROL_SHARE: Final = 0.05
_MAX_NUL_SHARE: Final = 0.4
_MAX_REPLACED_SHARE: Final = 0.3
_SAMPLE_CHARS: Final = 8_192
_NO_TEXT: Final = bytes({*range(1, 0x20), 0x7F} - set(b"\t\n\v\f\r\x1b"))
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
    decoded = decode(page.body, page.charset)
    text = decoded.text
    if not _is_text(text):
        return PageText("not_text", detail="binary data where text was declared")
    if plain:
        extracted = Extracted(text.strip(), None)
    else:
        in_utf8 = decoded.encoding in ("utf-8", "ascii")
        markup = scan_markup(
            page.body if in_utf8 else text.encode("utf-8", "replace"), _allowed(limits)
        )
        if (too_much := _too_much_markup(markup.size, limits)) is not None:
            return too_much
        if options.extractor == "resiliparse":
            text = str(markup.lean, "utf-8", "replace").removeprefix("\ufeff")
        extracted = extract_html(text, options.extractor)
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


def _allowed(limits: PageLimits) -> MarkupSize:
    return MarkupSize(limits.max_nodes, limits.max_depth, limits.max_steps, limits.max_attributes)


def _too_much_markup(size: MarkupSize, limits: PageLimits) -> PageText | None:
    """`too_large` if the markup passes a limit, naming the first that it passes."""
    allowed = _allowed(limits)
    for name in ("nodes", "depth", "steps", "attributes"):
        limit: int = getattr(allowed, name)
        if getattr(size, name) > limit:
            return PageText("too_large", detail=f"markup: {name} above {limit}")
    return None


def _is_text(text: str) -> bool:
    """Whether three samples (start, middle, end) look like text rather than decoded binary."""
    middle = max(0, (len(text) - _SAMPLE_CHARS) // 2)
    if len(text) <= 3 * _SAMPLE_CHARS:
        sample = text
    else:
        sample = (
            text[:_SAMPLE_CHARS] + text[middle : middle + _SAMPLE_CHARS] + text[-_SAMPLE_CHARS:]
        )
    encoded = sample.encode("utf-8", "replace")
    controls = len(encoded) - len(encoded.translate(None, _NO_TEXT))
    replaced = sample.count("\ufffd")
    return (
        encoded.count(0) <= _MAX_NUL_SHARE * len(sample)
        and controls <= _MAX_CONTROL_SHARE * len(sample)
        and replaced <= _MAX_REPLACED_SHARE * len(sample)
    )


def _repaired_title(title: str | None) -> str | None:
    return (" ".join(repair_text(title).split()) or None) if title else None
