"""How much work a page's markup would make, found in one linear scan before any parser sees it.

The scan follows the HTML standard's tree construction closely enough (implied end tags, scopes,
formatting tags) to tell a sloppy page, which every browser shows, from one made to hang a parser.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Final

import numpy as np

from lakeprep.kernels.markup_scan import (
    CELL,
    CLOSES_P,
    FOREIGN,
    FORMATTING,
    IGNORED,
    LIST,
    LIST_ITEM,
    OPTION,
    PARAGRAPH,
    RAW_TEXT,
    ROW,
    ROW_GROUP,
    SCOPE,
    SELECT,
    SLOTS,
    TABLE,
    VOID,
    Hashes,
    Ints,
    add_tag,
    scan,
)

_TAGS: Final[dict[int, str]] = {
    VOID: "area base br col embed hr img input keygen link meta param source track wbr frame "
    "basefont bgsound",
    RAW_TEXT: "script style textarea title xmp iframe noembed noframes",
    FORMATTING: "a b big code em font i nobr s small strike strong tt u",
    CLOSES_P: "address article aside blockquote center details dialog dir div dl fieldset "
    "figcaption figure footer header hgroup main menu nav ol p search section summary ul h1 h2 h3 "
    "h4 h5 h6 pre listing form table hr xmp li dd dt",
    SCOPE: "applet caption html table td th marquee object template button",
    FOREIGN: "svg math",
    LIST_ITEM: "li dd dt",
    CELL: "td th",
    ROW: "tr",
    ROW_GROUP: "tbody thead tfoot",
    TABLE: "table",
    PARAGRAPH: "p",
    LIST: "ul ol dl menu dir",
    IGNORED: "html head body colgroup rp rt rb rtc",
    OPTION: "option optgroup",
    SELECT: "select",
}


@dataclass(frozen=True)
class MarkupSize:
    """What a parser would build, or the limits on it.

    `nodes`: elements, end tags, comments, and the copies of open formatting tags that later blocks
    get. `depth`: deepest stack of open elements. `steps`: what parser and extractor walk to place
    elements: for each its ancestors, for an option also the options before it in its <select>.
    `attributes`: most in one tag.
    """

    nodes: int
    depth: int
    steps: int
    attributes: int


def measure_markup(html: bytes | memoryview, limits: MarkupSize) -> MarkupSize:
    """Size of UTF-8 `html`; a second for 500 MB of ordinary pages on one core. The scan stops where
    a limit is passed, so the result then tells which, and is that of the page up to there."""
    names, flags = _tag_table()
    found = scan(
        np.frombuffer(html, dtype=np.uint8),
        names,
        flags,
        limits.nodes,
        limits.depth,
        limits.steps,
        limits.attributes,
    )
    return MarkupSize(*(int(figure) for figure in found))


@cache
def _tag_table() -> tuple[Hashes, Ints]:
    """Open-addressing table from the hash of a tag's name to its flags; 0 is a free slot."""
    names = np.zeros(SLOTS, dtype=np.uint64)
    flags = np.zeros(SLOTS, dtype=np.int64)
    for flag, tags in _TAGS.items():
        for tag in tags.split():
            add_tag(np.frombuffer(tag.encode(), dtype=np.uint8), flag, names, flags)
    return names, flags
