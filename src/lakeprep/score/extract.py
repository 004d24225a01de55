"""HTML in, the text a reader came for out, by one of the known extractors.

resiliparse's settings were chosen on the labelled pages of `tests/score/test_extract_real.py`
(F1 of 4-gram shingles on hand-made article bodies): alternative texts, comments and <noscript> cost
precision (0.909, 0.917, 0.927 against 0.927 without them); without post meta recipe pages lose
their ingredients (strings found 0.78 to 0.61); list bullets are neutral, and the rule on bullet
lines needs them.

resiliparse takes a <ul> within two levels of <body> for the site's menu and drops it. Nesting such
pages deeper before extraction was tried: articles lose 0.003 of F1, press releases 0.010.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Final

from lakeprep.errors import EnvironmentMissing
from lakeprep.score.options import Extractor

if TYPE_CHECKING:
    from types import ModuleType

# Longer titles are text that lost its end tag.
MAX_TITLE_CHARS: Final = 1_000


@dataclass(frozen=True)
class Extracted:
    """Main text (may be empty) and title (None where the page has none)."""

    text: str
    title: str | None


def extract_html(html: str, extractor: Extractor) -> Extracted:
    """Parse and extract one page. Runs native code over hostile input: call it in isolation, on
    pages whose markup was measured. Raises what the extractor raises."""
    if extractor == "trafilatura":
        return _by_trafilatura(html)
    return _by_resiliparse(html)


def load_extractor(extractor: Extractor) -> None:
    """Import the extractor and run it once, so that children forked later find it warm. Raises
    EnvironmentMissing if it is not installed."""
    extract_html("<html><title>a</title><p>Warm text.</p></html>", extractor)


def _by_resiliparse(html: str) -> Extracted:
    from resiliparse.extract.html2text import extract_plain_text
    from resiliparse.parse.html import HTMLTree

    tree = HTMLTree.parse(html)
    text = extract_plain_text(
        tree,
        preserve_formatting=True,
        main_content=True,
        list_bullets=True,
        alt_texts=False,
        links=False,
        form_fields=False,
        noscript=False,
        comments=False,
        post_meta=True,
    )
    return Extracted(text.strip(), _title(tree.title))


def _by_trafilatura(html: str) -> Extracted:
    trafilatura = _trafilatura()
    text = trafilatura.extract(
        html, include_comments=False, include_tables=True, favor_precision=False, deduplicate=False
    )
    from resiliparse.parse.html import HTMLTree

    return Extracted((text or "").strip(), _title(HTMLTree.parse(html).title))


@cache
def _trafilatura() -> ModuleType:
    try:
        import trafilatura
    except ImportError as error:
        raise EnvironmentMissing(
            "The extractor trafilatura is not installed; "
            "run `pip install 'lakeprep[trafilatura]'` or set score.extractor to resiliparse."
        ) from error
    return trafilatura


def _title(title: str | None) -> str | None:
    """On one line, of bounded length; None if nothing is left."""
    words = " ".join((title or "")[: 4 * MAX_TITLE_CHARS].split())
    return words[:MAX_TITLE_CHARS].rstrip() or None
