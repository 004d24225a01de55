"""The page: what the web wrote on it stays text, and what it says adds up."""

from __future__ import annotations

import base64
import hashlib
import re
from dataclasses import dataclass, replace
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lakeprep.lake.runs import Run, StageResult
from lakeprep.report.figures import (
    SECTIONS,
    Cluster,
    Count,
    Domain,
    Example,
    Figures,
    FullBucket,
)
from lakeprep.report.page import capped, percent, render, segments, shown

ATTACKS = (
    "https://x.example/<script>alert(1)</script>",
    'https://x.example/"><img src=x onerror=alert(1)>',
    "javascript:alert('1')",
    "https://x.example/{{ 7*7 }}{% raw %}",
    "</style><style>*{display:none}</style>",
    "https://x.example/\u202egnp.exe\x00\x1b[31m\u2028",
    "https://x.example/" + "%41" * 3000,
)
EMPTY = Figures(None, None, *((),) * 12, {})
#: Elements of the template; nothing else may come out of it.
ELEMENTS = frozenset(
    {"html", "head", "meta", "title", "style", "body", "header", "main", "section", "h1", "h2"}
    | {"h3", "p", "span", "b", "code", "dl", "div", "dt", "dd", "ul", "li", "svg", "rect"}
    | {"table", "thead", "tbody", "tr", "th", "td"}
)


@dataclass(frozen=True)
class Finding:
    name: str
    success: bool
    observed: str
    expected: str


class Outline(HTMLParser):
    """The elements and attributes of a page, and its text."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.elements: set[str] = set()
        self.attributes: dict[str, set[str | None]] = {}
        self.text: list[str] = []
        self.open: list[str] = []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.add(tag)
        if tag != "meta":
            self.open.append(tag)
        for name, value in attrs:
            self.attributes.setdefault(name, set()).add(value)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        self.open.pop()

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag, tag

    def handle_data(self, data: str) -> None:
        self.text.append(data)


def figures_full_of(text: str) -> Figures:
    """Every field that may hold a word from the web holds `text`."""
    return replace(
        EMPTY,
        **dict.fromkeys(SECTIONS, (Count(text, 10, 4, 3),)),
        kept_domains=(Domain(text, 5, 1),),
        dropped_domains=(Domain(text, 1, 5),),
        clusters=(Cluster("d0", text, 4, 0.5),),
        full_buckets=(FullBucket(7, text, 9, 4),),
        examples={text: (Example("d1", text),)},
    )


@pytest.mark.parametrize("attack", ATTACKS)
def test_the_web_stays_text(run: Run, attack: str) -> None:
    """A page in a crawl is written by anyone; the report is opened by the people with the keys."""
    stages = [StageResult(attack, 1, 1, 0.5, detail={attack: 1})]
    page = render(run, figures_full_of(attack), stages, [Finding(attack, False, attack, attack)])
    outline = Outline(page)
    assert outline.open == []
    assert outline.elements <= ELEMENTS
    names = set(outline.attributes)
    assert not {name for name in names if name.startswith("on")}
    assert not names & {"href", "src", "style", "action", "srcset", "xlink:href"}
    assert not re.search("[\u202a-\u202e\u2066-\u2069\x00-\x08\x1b]", page.split("</style>")[-1])
    if attack.isprintable() and len(attack) < 60:
        assert outline.text.count(attack) > 10  # shown as it is, not run as a template
    assert len(page) < 60_000


def test_the_policy_allows_its_own_style_only(run: Run) -> None:
    """A hash that does not match leaves the page bare; 'unsafe-inline' would let styles in."""
    page = render(run, EMPTY, [], [])
    style = re.search(r"<style>(.*?)</style>", page, re.S)
    assert style is not None
    digest = base64.b64encode(hashlib.sha256(style[1].encode()).digest()).decode()
    (policy,) = re.findall(r'Content-Security-Policy" content="([^"]*)"', page)
    assert policy.startswith(f"default-src 'none'; style-src 'sha256-{digest}'")
    assert "://" not in page
    assert "url(" not in style[1]


def test_checks_and_books_that_fail_are_seen(run: Run) -> None:
    """Whoever reads the page must not miss that a release was stopped."""
    checks = [Finding("min_documents", False, "0", "at least 1"), Finding("other", True, "1", "1")]
    figures = replace(
        EMPTY,
        branch="curate_x",
        statuses=(Count("ok", 10, 10, 0),),
        outcomes=(Count("kept", 7, 7, 0),),
    )
    words = "".join(Outline(render(run, figures, [], checks)).text).split()
    text = "".join(words)
    assert "Notreleased" in text
    assert "min_documents0atleast1failed" in text
    assert "other11passed" in text
    assert "documentsscored10≠7documentsdecideddiffersby3" in text


def test_this_run_has_its_own_column_once_there_is_more(run: Run) -> None:
    """On the hundredth day the reader asks what today brought; on the first there is no
    difference to show."""
    first = replace(EMPTY, outcomes=(Count("kept", 5, 5, 0),))
    later = replace(EMPTY, outcomes=(Count("kept", 5, 2, 0),), languages=(Count("en", 5, 2, 9),))
    assert "This run</th>" not in render(run, first, [], [])
    assert "This run</th>" in render(run, later, [], [])


@given(st.dictionaries(st.sampled_from(["kept", "filtered", "duplicate"]), st.integers(0, 10**12)))
def test_the_bar_is_full(counts: dict[str, int]) -> None:
    """A gap in the bar would be documents without an outcome."""
    pieces = segments(Count(outcome, number, number, 0) for outcome, number in counts.items())
    if sum(counts.values()):
        assert sum(piece.width for piece in pieces) == pytest.approx(100)
    position = 0.0
    for piece in pieces:
        assert piece.start == pytest.approx(position)
        position += piece.width


@given(st.lists(st.tuples(st.text(max_size=5), st.integers(0, 9), st.integers(0, 9))))
def test_a_cut_table_still_adds_up(rows: list[tuple[str, int, int]]) -> None:
    """What is left out of a long table is in its last row."""
    counts = [Count(item, total, this_run, 1) for item, total, this_run in rows]
    short = capped(counts, most=4)
    assert len(short) <= 4
    for name in ("total", "this_run", "amount"):
        assert sum(getattr(c, name) for c in short) == sum(getattr(c, name) for c in counts)


@given(st.text(max_size=300))
def test_shown_is_bounded_and_printable(text: str) -> None:
    """One hostile URL must not break the layout, or the terminal that shows the source."""
    line = shown(text, 50)
    assert len(line) <= 50
    assert line.isprintable() or "\ufffd" in line
    if len(text) <= 50 and text.isprintable():
        assert line == text


def test_a_share_that_is_not_nothing_never_reads_as_nothing() -> None:
    assert percent(1, 1_000_000) == "< 0.1 %"
    assert percent(0, 10) == "0.0 %"
    assert percent(1, 8) == "12.5 %"
    assert percent(0, 0) == ""
