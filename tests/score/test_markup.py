"""What breaks if this fails: pages made to hang a parser reach it, or real pages are refused."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from resiliparse.extract.html2text import extract_plain_text
from resiliparse.parse.html import HTMLTree

from lakeprep.score.markup import MarkupSize, scan_markup

NO_LIMIT = MarkupSize(10**9, 10**5, 10**12, 10**6)


def size(html: str) -> MarkupSize:
    return scan_markup(html.encode("utf-8", "replace"), NO_LIMIT).size


@pytest.mark.parametrize(
    ("html", "depth"),
    [
        ("<div>" * 500, 500),
        ("<div></div>" * 500, 1),
        ("<p>words" * 500, 1),
        ("<ul>" + "<li>item" * 500, 2),
        ("<ul><li>" * 250, 500),
        ("<dl>" + "<dt>a<dd>b" * 250, 2),
        ("<table>" + "<tr><td>a<td>b" * 250, 3),
        ("<table><tr><td>" * 100, 300),
        ("<br><img><input><hr>" * 100, 1),
        ("<p><div>a</div>" * 100, 1),
        ("<svg><path/><path/></svg>" * 100, 2),
        ("<div/>" * 100, 100),
        ("<svg><g>" * 100 + "<p>" * 3, 200),
        ("<svg/>" + "<x/>" * 100, 100),
        ("<svg><p>" + "<x/>" * 100, 101),
        ("<svg><foreignObject><div>" * 100, 300),
        ("<svg><title><table>" + "<tr><td>a<td>b" * 250, 5),
        ("<svg><td>" * 100, 200),
        ("<select>" + "<option>a" * 100, 2),
        ("<span><div></span>" * 100, 200),
        ("<x><section></x>" * 100, 200),
        ("<div><p></div>" * 100, 2),
        ("<div><x></div>" * 100, 2),
        ("<div><object></div>" * 50, 100),
        ("<td><div></td>" * 50, 50),
        ("<li><section>" * 50, 100),
        ("<li><dd>" * 50, 100),
        ("<rt>" * 50, 50),
        ("<x><option>" * 50, 100),
        ("<x><select></x></select>" * 50, 51),
        ("<select><option><x><option><x>" * 50, 101),
        ("<select><option><select></select>" * 50, 2),
        ("<x><select><input></x>" * 50, 2),
        ("<x><select></x></select>" * 50, 51),
        ("<select><object>" * 50, 100),
        ("<table><tr><td><select></table>" * 50, 4),
        ("<form><p></form>" * 50, 2),
        ("<div><div><button></div>" * 50, 52),
        ("<form><div></form>" * 50, 51),
        ("<h2><x><h1></h2>" * 50, 101),
        ("<svg><font>" * 50, 100),
        ("<p><svg><foreignObject><div>" * 50, 200),
        ("<!--" + "<div>" * 100 + "-->", 0),
        ("<!-->" + "<div>" * 3, 3),
        ("<script>" + "<div>" * 100 + "</script>", 0),
        ("<style><div></STYLE><div>", 1),
        ("<q title='<div><div>'>", 1),
        ("< div>" * 10 + "a < b", 0),
        ("</div>" * 10, 0),
    ],
)
def test_depth_is_that_of_a_tree_builder(html: str, depth: int) -> None:
    assert size(html).depth == depth


def test_unclosed_formatting_is_copied_into_later_blocks() -> None:
    distinct = size("".join(f"<p><font color={n}>x" for n in range(1000)))
    alike = size("<p><font>x" * 1000)
    closed = size("".join(f"<p><font color={n}>x</font>" for n in range(1000)))

    assert distinct.nodes > 1000 * 1000 // 2
    assert alike.nodes < 6000, "the standard keeps three that are alike"
    assert closed.nodes == 3000


def test_unclosed_formatting_is_what_the_parser_compares() -> None:
    assert size("".join(f"<font color={n}>" for n in range(1000))).steps > 1000 * 1000 // 3


def test_cells_keep_formatting_out() -> None:
    html = "".join(f"<font color={n}>" for n in range(50)) + "<table>" + "<tr><td><p>x" * 100

    assert size(html).nodes < 50 + 1 + 300 + 200


def test_options_of_one_select_are_what_the_parser_walks() -> None:
    one = size("<select>" + "<option>a</option>" * 1000 + "</select>")
    many = size("<select><option>a</option></select>" * 1000)

    assert one.steps > 1000 * 1000 // 2
    assert many.steps < 5000


def test_end_tags_that_reach_nothing_are_what_the_parser_walks() -> None:
    assert size("<x><div>" + "<span>" * 500 + "</x>" * 1000).steps > 500 * 1000


def test_attributes_are_counted_a_tag() -> None:
    assert size("<a b c=1 d='x y z' e=\"f g\" h = i/>").attributes == 5
    assert size("<p " + "a=1 " * 77 + "><p q>").attributes == 77


def test_the_scan_stops_at_the_limit() -> None:
    limits = MarkupSize(nodes=100, depth=10, steps=1000, attributes=5)

    assert scan_markup(b"<br>" * 10**6, limits).size.nodes == 101
    assert scan_markup(b"<div>" * 10**6, limits).size.depth == 11


@pytest.mark.parametrize("end", ["<", "<a", "<a ", "<a b", "<a b='", "</", "</a", "<!", "<!-"])
def test_a_page_may_end_anywhere(end: str) -> None:
    assert size("<div>" + end).depth >= 1


@given(st.binary(max_size=400) | st.text("<>/!-='\" abpditrv", max_size=400).map(str.encode))
def test_any_bytes_are_measured(html: bytes) -> None:
    found = scan_markup(html, NO_LIMIT).size

    assert found.depth <= max(1, html.count(b"<"))
    assert found.attributes <= len(html)


NESTING = (
    "div", "p", "span", "x", "li", "dd", "dt", "ul", "ol", "section", "table", "tr", "td", "tbody",
    "caption", "svg", "math", "g", "desc", "foreignObject", "title", "mi", "object", "button",
    "select", "option", "h1", "h2", "rt", "ruby", "form", "template",
)  # fmt: skip


@settings(max_examples=200, deadline=None)
@given(
    st.lists(
        st.tuples(st.sampled_from(("<{}>", "<{}>", "</{}>", "<{}/>")), st.sampled_from(NESTING)),
        min_size=1,
        max_size=6,
    )
)
def test_what_nests_for_the_parser_nests_for_the_scan(tags: list[tuple[str, str]]) -> None:
    """Said of growth, by markup that comes again and again: a table's parts that were left out, and
    rules that are simpler here, cost a level or two each."""
    html = "".join(form.format(name) for form, name in tags) * 60

    assert 3 * size(html).depth + 40 >= parsed_depth(html)


def parsed_depth(html: str) -> int:
    body = HTMLTree.parse(f"<body>{html}").body
    assert body is not None
    deepest, left = 0, [(body, 0)]
    while left:
        node, depth = left.pop()
        deepest = max(deepest, depth)
        left += [(child, depth + 1) for child in node.child_nodes if child.type == 1]
    return deepest


def lean(html: str) -> str:
    return bytes(scan_markup(html.encode(), NO_LIMIT).lean).decode()


@pytest.mark.parametrize(
    ("html", "copy"),
    [
        ("<p class=a data-x='y'>b</p>", "<p class=a >b</p>"),
        ('<a HREF="u"CLASS="c"title="t">d</a>', '<a CLASS="c">d</a>'),
        ("<br data-x='1'/><br id=x />", "<br /><br id=x />"),
        ("<p hidden =x y = 'z' rel = 'tag'>", "<p hidden =x  rel = 'tag'>"),
        ("a<!-- b -->c<!---->d<!-->e<!-- f --!>g", "a<!---->c<!---->d<!-->e<!----!>g"),
        ("<<!-- x -->script>alert", "<<!---->script>alert"),
        ("a<!-- never ends >x", "a<!--"),
        ("<script src=x>if (a < b) '</p>'</script >c", "<script ></script >c"),
        ("<script><!-- '<script>' '</script>' --></script>a", "<script></script>a"),
        ("<script><!-- a </script>b", "<script></script>b"),
        ("<script><!--<script><!--</script></script>c", "<script></script>c"),
        ("<script><!--<script>--></script>d", "<script></script>d"),
        ("<script>'</scripts>'</SCRIPT>a", "<script></SCRIPT>a"),
        ("<script>never ends <p>", "<script>"),
        ("<style>a {}</style><title>b <c></title>", "<style></style><title>b <c></title>"),
        ("<svg><style/></svg>a<style>b</style>", "<svg><style/></svg>a<style></style>"),
        ("<select id=s><option value=1>a<option>b</select>c", "<select id=s></select>c"),
        ("<option>a</option>", "<option>a</option>"),
        ("<p>\n\n  a  b \r\n </p>\f\f<p>", "<p>\na  b </p>\f<p>"),
        ("<p>\v\v\u00a0\u00a0</p>", "<p>\v\v\u00a0\u00a0</p>"),
        ("<p>  a<pre>  b\n\n</pre>\n\n<p>", "<p> a<pre>  b\n\n</pre>\n\n<p>"),
        ("<title>  a  </title>", "<title>  a  </title>"),
        ("<head> <meta x=y><LINK rel=z /></head>", "<head> </head>"),
        ("<svg><path d='M0'/><g><path></path></g></svg><path>", "<svg><g></g></svg><path>"),
        ("<svg><meta>a", "<svg><meta>a"),
        ("<<meta x>p>&am<link>p;", "<<meta >p>&am<link>p;"),
        ("<textarea> <p> </textarea>", "<textarea></textarea>"),
        ("<p title='never ends>", "<p title='never ends>"[:3]),
    ],
)
def test_the_copy_has_what_is_read(html: str, copy: str) -> None:
    assert lean(html) == copy


PIECES = (
    "words", " more ", "<", ">", "<p>", "</p>", "<p class='a' title='<b>'>", "</div>", "<br/>",
    "<div id=x data-y=z>", "<li>", "<ul>", "</ul>", "<b>", "</b>", "<i class=c href=d>", "</i>",
    "<a href='u'>", "</a>", "<!--", "-->", "--!>", "<!-->", "<!-- c -->", "<script>", "</script>",
    "<script x=y>", "<style>", "</style >", "<title>", "</title>", "<textarea>", "</textarea>",
    "<select><option>a<option value='o'>b</select>", "<table>", "<tr>", "<td x>", "</table>",
    "  ", "\n\t", " \v ", "&am", "p;", "<meta content='a'>", "<link rel=b/>", "<svg>", "</svg>",
    "<path d='c'/>", "<path>", "</path>", "<g>", "<desc>", "<svg/>",
    "<img alt='x'>", "<h1>", "<pre y>", "</pre>", "</", "<!x>", "<?y>", "'", '"', "=", "/",
)  # fmt: skip


@settings(max_examples=500)
@given(st.lists(st.sampled_from(PIECES), max_size=40))
def test_an_extractor_finds_the_same_in_the_copy(pieces: list[str]) -> None:
    """All text of the page: which blocks are its main content may hang on a script's length."""

    def text(html: str) -> str:
        return extract_plain_text(HTMLTree.parse(html), alt_texts=False)

    html = "<body>" + "".join(pieces)
    assert text(lean(html)) == text(html)


def test_real_pages_stay_far_below_the_limits(data: Path) -> None:
    from fastwarc.warc import ArchiveIterator, WarcRecordType

    with (data / "crawl" / "pathological.warc.gz").open("rb") as file:
        sizes = [
            scan_markup(record.reader.read(), NO_LIMIT).size
            for record in ArchiveIterator(file, record_types=WarcRecordType.response)
        ]
    assert len(sizes) == 82
    assert max(found.depth for found in sizes) < 1_000
    assert max(found.nodes for found in sizes) < 200_000
    assert max(found.steps for found in sizes) < 5_000_000
