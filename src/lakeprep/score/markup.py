"""How much work a page's markup would make, found in one linear scan before any parser sees it, and
what of the markup an extractor reads.

The scan follows the HTML standard's tree construction closely enough (implied end tags, scopes,
formatting tags) to tell a sloppy page, which every browser shows, from one made to hang a parser.

Of a page's bytes two thirds are scripts, styles, comments, and attributes that resiliparse never
asks for. Without them it takes a fifth less time; what it finds is the same, but for the share of
links in a block, by which it knows menus: to it, a script in a block was text of the block.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Final

import numpy as np

from lakeprep.kernels.markup_scan import scan
from lakeprep.kernels.markup_state import (
    ATTRIBUTE,
    BREAKS_OUT,
    BUTTON,
    CELL,
    CLOSES_P,
    DESCRIPTION,
    ENDS_SELECT,
    FOREIGN,
    FORM,
    FORMATTING,
    HEADING,
    HOLLOW,
    IGNORED,
    LIST,
    LIST_ITEM,
    MARKER,
    MATH,
    MATH_HOLDER,
    NOSCRIPT,
    OF_FONT,
    OPTION,
    PARAGRAPH,
    PREFORMATTED,
    RAW_TEXT,
    ROW,
    ROW_GROUP,
    RUBY_PART,
    SCOPE,
    SCRIPT,
    SELECT,
    SHAPE,
    SLOTS,
    SVG_HOLDER,
    TABLE,
    TRANSPARENT,
    UNSEEN,
    VOID,
    Hashes,
    Ints,
    add_tag,
)

_NAMES: Final[dict[int, str]] = {
    VOID: "area base br col embed hr img input keygen link meta param source track wbr frame "
    "basefont bgsound",
    RAW_TEXT: "script style textarea title xmp iframe noembed noframes",
    FORMATTING: "a b big code em font i nobr s small strike strong tt u",
    MARKER: "applet object marquee template td th caption",
    CLOSES_P: "address article aside blockquote center details dialog dir div dl fieldset "
    "figcaption figure footer header hgroup main menu nav ol p search section summary ul h1 h2 h3 "
    "h4 h5 h6 pre listing form table hr xmp li dd dt",
    SCOPE: "applet caption html table td th marquee object template select",
    FOREIGN: "svg math",
    LIST_ITEM: "li",
    DESCRIPTION: "dd dt",
    TRANSPARENT: "address div p",
    CELL: "td th",
    ROW: "tr",
    ROW_GROUP: "tbody thead tfoot caption",
    TABLE: "table",
    PARAGRAPH: "p",
    LIST: "ul ol dl menu dir",
    IGNORED: "html head body colgroup",
    OPTION: "option optgroup",
    SELECT: "select",
    SCRIPT: "script",
    HOLLOW: "script style textarea iframe noembed noframes",
    PREFORMATTED: "pre",
    UNSEEN: "meta link",
    BREAKS_OUT: "b big blockquote body br center code dd div dl dt em embed h1 h2 h3 h4 h5 h6 "
    "head hr i img li listing menu meta nobr ol p pre ruby s small span strong strike sub sup "
    "table tt u ul var",
    HEADING: "h1 h2 h3 h4 h5 h6",
    FORM: "form",
    BUTTON: "button",
    RUBY_PART: "rp rt rb rtc",
    ENDS_SELECT: "select input",
    OF_FONT: "font color face size",
    NOSCRIPT: "noscript frameset",
    MATH: "math",
    SVG_HOLDER: "foreignobject desc title",
    MATH_HOLDER: "annotation-xml mi mo mn ms mtext",
    SHAPE: "path rect circle ellipse line polyline polygon use stop",
    # What resiliparse's rules ask for, and what its parser does.
    ATTRIBUTE: "id class style hidden rel role itemprop aria-hidden aria-expanded data-ad "
    "data-advertisement data-text-ad type color face size encoding",
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


@dataclass(frozen=True)
class Markup:
    """A page's size, and the page without what resiliparse does not read, in UTF-8: contents of
    scripts, styles, frames and comments, options of a <select>, other attributes. That is cut short
    where the scan has stopped."""

    size: MarkupSize
    lean: memoryview


def scan_markup(html: bytes | memoryview, limits: MarkupSize) -> Markup:
    """Of UTF-8 `html`; a second for 500 MB of ordinary pages on one core. The scan stops where a
    limit is passed, so the size then tells which, and is that of the page up to there."""
    names, flags = _name_table()
    lean = np.empty(len(html), dtype=np.uint8)
    *figures, copied = scan(
        np.frombuffer(html, dtype=np.uint8),
        names,
        flags,
        limits.nodes,
        limits.depth,
        limits.steps,
        limits.attributes,
        lean,
    )
    return Markup(MarkupSize(*(int(figure) for figure in figures)), lean[:copied].data)


@cache
def _name_table() -> tuple[Hashes, Ints]:
    """Open-addressing table from the hash of a name of tags or attributes to its flags; 0 is a free
    slot."""
    names = np.zeros(SLOTS, dtype=np.uint64)
    flags = np.zeros(SLOTS, dtype=np.int64)
    for flag, listed in _NAMES.items():
        for name in listed.split():
            add_tag(np.frombuffer(name.encode(), dtype=np.uint8), flag, names, flags)
    return names, flags
