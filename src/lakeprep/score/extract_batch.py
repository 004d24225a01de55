"""A batch of pages in, their texts out: `read_page` over Arrow columns, in isolation where there
is work to do."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Final, get_args

import numpy as np

from lakeprep.score.isolate import Isolated, Item, ItemOutcome, run_here
from lakeprep.score.options import Extractor, IsolationLimits, PageLimits, ScoreOptions
from lakeprep.score.page import Page, PageStatus, PageText, is_plain, read_page
from lakeprep.score.plain import untouched

if TYPE_CHECKING:
    import pyarrow as pa

_STATUSES: Final[tuple[PageStatus, ...]] = get_args(PageStatus)
_RECORD: Final = struct.Struct("<Biii")
_ABSENT: Final = -1
_HARMLESS_BYTES: Final = 1 << 16


@dataclass(frozen=True)
class PageTexts:
    """Columns of silver.documents, one row a page, in the order of the input. `title`, `text` and
    `detail` are null where there is none."""

    status: pa.StringArray
    title: pa.StringArray
    text: pa.Array
    detail: pa.StringArray


def prepare(options: ScoreOptions) -> None:
    """Load what the children will need, once a worker, before the first batch. Raises
    EnvironmentMissing if the chosen extractor is not installed."""
    from lakeprep.score.extract import load_extractor

    load_extractor(options.extractor)
    read_page(Page(memoryview(b"<title>a</title><p>caf\xe9 &amp;amp; co"), None, None), options)


def score_pages(
    bodies: pa.Array, content_types: pa.Array, charsets: pa.Array, options: ScoreOptions
) -> PageTexts:
    """Status, title and text of each page.

    `bodies` is binary or large_binary (a null is an empty page), the other two are strings and may
    have nulls. Plain text that needs no work stays in Arrow. What native code is to read is read in
    a child. The result is a pure function of the arguments, but for pages that meet the isolation
    limits.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    prepare(options)
    ready, texts = untouched(bodies, content_types, options.limits)
    if not ready.any():
        return _read(bodies, content_types, charsets, options)
    empty = pc.equal(pc.binary_length(texts), 0)
    found = PageTexts(
        status=pc.if_else(empty, "empty", "ok"),
        title=pa.nulls(len(texts), pa.string()),
        text=pc.if_else(empty, pa.scalar(None, texts.type), texts),
        detail=pa.nulls(len(texts), pa.string()),
    )
    if ready.all():
        return found
    others = pa.array(~ready)
    read = _read(
        bodies.filter(others), content_types.filter(others), charsets.filter(others), options
    )
    # Rows of `found` and of `read` behind it, put in the order of the pages.
    order = pa.array(np.argsort(np.argsort(~ready, kind="stable")))
    return PageTexts(
        *(
            pa.concat_arrays([getattr(found, name), getattr(read, name)]).take(order)
            for name in ("status", "title", "text", "detail")
        )
    )


def _read(
    bodies: pa.Array, content_types: pa.Array, charsets: pa.Array, options: ScoreOptions
) -> PageTexts:
    """`score_pages` of pages on which there is work to do."""
    pages = _pages(bodies, content_types, charsets)
    items = [_item(page) for page in pages]
    watched = [i for i, page in enumerate(pages) if not _is_harmless(page)]
    reader = _reader(options.extractor, options.limits, options.isolation)
    outcomes = dict(zip(watched, reader.run([items[i] for i in watched]), strict=True))
    rows = (outcomes.get(i) or run_here(reader.work, item) for i, item in enumerate(items))
    return _columns([_decode(row) for row in rows])


@cache
def _reader(extractor: Extractor, limits: PageLimits, isolation: IsolationLimits) -> Isolated:
    """The child that reads pages by these options, of which a worker meets one set."""
    options = ScoreOptions(extractor=extractor, limits=limits, isolation=isolation)
    return Isolated(lambda item: _encode(read_page(_page(item), options)), isolation)


def _item(page: Page) -> Item:
    labels = (page.content_type or "", page.charset or "")
    return Item(page.body, "\0".join(label.replace("\0", " ") for label in labels).encode())


def _page(item: Item) -> Page:
    content_type, _, charset = item.label.decode().partition("\0")
    return Page(memoryview(item.body), content_type or None, charset or None)


def _is_harmless(page: Page) -> bool:
    """Whether reading the page runs no native parser, and Python's work on it is soon done: short
    plain text that is plainly UTF-8. Text repair takes a millisecond for a real one, and half
    a second for the worst (every line an entity or mojibake)."""
    if not is_plain(page.content_type) or len(page.body) > _HARMLESS_BYTES:
        return False
    try:
        text = str(page.body, "utf-8")
    except UnicodeDecodeError:
        return False
    return "\x1b" not in text and "~{" not in text and "\0" not in text


def _pages(bodies: pa.Array, content_types: pa.Array, charsets: pa.Array) -> list[Page]:
    """Views of the rows. Built in the parent: the child must not call into Arrow."""
    views = [
        memoryview(b"") if body.as_buffer() is None else memoryview(body.as_buffer())
        for body in bodies
    ]
    return [
        Page(view, content_type, charset)
        for view, content_type, charset in zip(
            views, content_types.to_pylist(), charsets.to_pylist(), strict=True
        )
    ]


@dataclass(frozen=True)
class _Row:
    """One row with its texts still in UTF-8, as they came through the pipe."""

    status: PageStatus
    title: bytes | None
    text: bytes | None
    detail: bytes | None


def _encode(page: PageText) -> bytes:
    """A page's record: status, three lengths (-1: absent), three UTF-8 strings."""
    parts = [
        None if value is None else value.encode("utf-8", "replace")
        for value in (page.title, page.text, page.detail)
    ]
    lengths = (_ABSENT if part is None else len(part) for part in parts)
    header = _RECORD.pack(_STATUSES.index(page.status), *lengths)
    return b"".join((header, *(part for part in parts if part)))


def _decode(outcome: ItemOutcome) -> _Row:
    """A record, or the row of a page whose child did not come to an end."""
    if outcome.status != "done":
        return _Row(outcome.status, None, None, outcome.detail.encode("utf-8", "replace"))
    status, *lengths = _RECORD.unpack_from(outcome.payload)
    position = _RECORD.size
    parts: list[bytes | None] = []
    for length in lengths:
        if length == _ABSENT:
            parts.append(None)
            continue
        parts.append(outcome.payload[position : position + length])
        position += length
    return _Row(_STATUSES[status], parts[0], parts[1], parts[2])


def _columns(rows: list[_Row]) -> PageTexts:
    import pyarrow as pa

    return PageTexts(
        status=pa.array([row.status for row in rows], pa.string()),
        title=pa.array([row.title for row in rows], pa.string()),
        text=pa.array([row.text for row in rows], pa.large_string()),
        detail=pa.array([row.detail for row in rows], pa.string()),
    )
