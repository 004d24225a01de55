"""The line editor equals its slow reference; what breaks here changes stored texts."""

from __future__ import annotations

import pyarrow as pa
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from kernel_texts import texts
from reference_editor import edit as reference_edit

from lakeprep.kernels.line_editor import Edited, edit_lines

PIECES = (
    "one two three", "a b", "Yes. No! Why? ", "[1]", "[12][3]", "[]", "[edit]", "[Edit]", "[٣]",
    "[citation needed]", "[citation", "[", "]", "[[1]1]", "java[1]script", "Javascript is on",
    "JAVASCRİPT", "lorem ipsum", "Lorem  Ipsum", "LOREM IPSUM dolor", "{", "a { b c",
    "terms of use", "Terms Of Use apply", "privacy policy", "our PRIVACY POLICY", "cookie policy",
    "use cookies", "Uses Cookies", "use of cookies", "use of coo\u212aies now", "we use cookie",
    "reuse cookies", "cookies use", "\u212aookie policy", "x" * 1000, "x" * 1001, "字" * 1001,
    "é" * 1000, "\n", "\r\n", "\r", "\x0b", "\x85", "\u2028", "\xa0", "\t", "\u3000", " ", "...",
    "end.", 'said "so".', "ok!'", "U.S. troops went. J. R. said", "3.14 is. it", "。你好。吗？",
    "Он пришёл. Она ушла.", "See http://a.b/c?d=e. Next", "www.a.b! x", "(Yes.) No.", "?!?! ?",
    "字.字.字", "字.a。", "字\u0301.b", ".net is. .com", "e\u0301. f", "E\u0301. F", "“A.” “b.”",
)  # fmt: skip


def lines() -> st.SearchStrategy[str]:
    """Lines out of the editor's corners, and any other text."""
    piece = st.one_of(st.sampled_from(PIECES), st.sampled_from((" ", "\n", "a b c ")), texts())
    return st.lists(piece, max_size=20).map("".join)


def assert_equal(text: str, found: Edited, row: int, *, terminal_marks: bool) -> None:
    expected = reference_edit(text, terminal_marks=terminal_marks)
    assert found.texts[row].as_py() == expected.text
    assert bool(found.changed[row]) == (text != expected.text)
    assert found.edited_line_ratio[row] == expected.edited_line_ratio
    assert bool(found.lorem_ipsum[row]) == expected.lorem_ipsum
    assert bool(found.curly_bracket[row]) == expected.curly_bracket
    assert found.sentence_count[row] == expected.sentence_count


@given(st.lists(lines(), min_size=1, max_size=3), st.booleans())
@example(["[1] [2] [3]\n[4] ok then yes"], False)
@example(["one two three[1]\n[1] [2] [3]"], True)
@example(["a b c {\njavascript a b {"], False)
def test_every_result_equals_the_reference(batch: list[str], terminal_marks: bool) -> None:
    found = edit_lines(pa.array(batch), terminal_marks=terminal_marks)
    for row, text in enumerate(batch):
        assert_equal(text, found, row, terminal_marks=terminal_marks)


@given(st.sampled_from((" ", "\t", "\xa0", "xy", "字")).flatmap(
    lambda unit: st.tuples(st.just(unit), st.integers(0, 2200))
), st.sampled_from(("", " ", "\t")))  # fmt: skip
def test_the_longest_word_is_measured_in_code_points(piece: tuple[str, int], blank: str) -> None:
    text = f"a b {'z' * 700}{blank}{piece[0] * piece[1]}{blank}{'z' * 299} c"
    assert_equal(text, edit_lines(pa.array([text])), 0, terminal_marks=False)


def test_the_order_of_the_tests() -> None:
    """A bracket in a line that is already dropped fails nothing; lorem ipsum comes before
    javascript, the bracket before the policies."""
    found = edit_lines(
        pa.array(["javascript { a b", "short {", "x" * 1001 + " lorem ipsum {",
                  "lorem ipsum javascript", "we use cookies {"])
    )  # fmt: skip
    assert found.texts.to_pylist() == [""] * 5
    assert found.lorem_ipsum.tolist() == [0, 0, 0, 1, 0]
    assert found.curly_bracket.tolist() == [0, 0, 0, 0, 1]


def test_words_are_those_before_the_edit() -> None:
    """`[1] [2]` are two words of the line although they are deleted."""
    found = edit_lines(pa.array(["stays [1] [2]", "stays\xa0here [edit]", "two [1]words"]))
    assert found.texts.to_pylist() == ["stays", "stays\xa0here", ""]
    assert found.edited_line_ratio.tolist() == [1, 1, 1]


@pytest.mark.parametrize("kind", [pa.string(), pa.large_string()])
def test_slices_nulls_and_both_string_types_give_the_same(kind: pa.DataType) -> None:
    batch = ["first of all", None, "Second one. Here! [1]\n\nx", "", "третий — он же\nчетвёртый"]
    found = edit_lines(pa.array(batch, type=kind).slice(1, 4))
    assert found.texts.to_pylist() == ["", "Second one. Here!", "", "третий — он же"]
    assert found.changed.tolist() == [False, True, False, True]
    assert edit_lines(pa.array([], kind)).texts.to_pylist() == []
    with pytest.raises(TypeError, match="int64"):
        edit_lines(pa.array([1]))


@pytest.mark.parametrize(
    "unit",
    ["a", "a ", "a\t", "[", "[1", "[1]", ".", "a.", "A. ", "字。", "字.", "use cookie"],
)
def test_ten_megabytes_on_one_line(unit: str) -> None:
    text = unit * (10_000_000 // len(unit.encode()))
    found = edit_lines(pa.array([text]))
    assert found.edited_line_ratio[0] in (0, 1)
    short = edit_lines(pa.array([text[:900]]))
    assert_equal(text[:900], short, 0, terminal_marks=False)


def test_real_articles(english: list[str], chinese: list[str]) -> None:
    batch = english[:60] + chinese[:60]
    for terminal_marks in (False, True):
        found = edit_lines(pa.array(batch), terminal_marks=terminal_marks)
        for row, text in enumerate(batch):
            assert_equal(text, found, row, terminal_marks=terminal_marks)
