"""Passages equal a slow reference, what is cut leaves no trace, short documents are settled."""

from __future__ import annotations

import re
from itertools import pairwise

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from kernel_texts import texts
from reference_text import has, is_symbol, shingle_tokens, tokens

from lakeprep.kernels import passages as p
from lakeprep.kernels import unicode as u
from lakeprep.kernels.cuts import cut_spans
from lakeprep.kernels.signals import text_signals

UNITS = ("sentences", "paragraphs", "lines")
# Short sentences that come again, in one script and another, with marks and line feeds between.
REPEATING = st.lists(
    st.sampled_from(
        (
            "One aa. ",
            "Two b! ",
            'Three "cc." ',
            "四字。",
            "One aa.",
            "\n",
            "\n\n",
            "★ ",
            "* * *",
            "d ",
        )
    ),
    max_size=14,
).map("".join)


def places(text: str) -> list[tuple[int, int]]:
    """Begin and end of each token in the text."""
    found, at = [], 0
    for token in tokens(text):
        begin = text.index(token, at)
        at = begin + len(token)
        found.append((begin, at))
    return found


def units(text: str, unit: str) -> list[tuple[int, int]]:
    """Begin and end of each unit, as the docstring of kernels/passages.py says."""
    found: list[tuple[int, int]] = []
    start, last, sentences, boundary = 0, 0, 0, True
    for number, (begin, end) in enumerate(places(text)):
        token = text[begin:end]
        opens = boundary and (sentences == 0 or not all(has(c, u.PUNCTUATION) for c in token))
        feeds = "\n" * (2 if unit == "paragraphs" else 1)
        closes = opens if unit == "sentences" else feeds in text[last:begin]
        if number and closes:
            found.append((start, last))
            start = last
        if opens:
            sentences, boundary = sentences + 1, False
        boundary |= len(token) == 1 and has(token, u.TERMINAL)
        last = end
    return [*found, (start, len(text))] if tokens(text) else []


def passages(
    text: str, unit: str, window: int
) -> list[tuple[int, int, tuple[tuple[str, ...], ...]]]:
    """Begin, end and content of each passage."""
    parts = [(a, b, tuple(shingle_tokens(text[a:b]))) for a, b in units(text, unit)]
    if unit != "sentences":
        return [(a, b, (content,)) for a, b, content in parts if content]
    joined: list[tuple[int, int, tuple[str, ...]]] = []
    lead = 0
    for a, b, content in parts:
        if content:
            joined.append((a if joined else lead, b, content))
        elif joined:
            joined[-1] = (joined[-1][0], b, joined[-1][2])
    size = min(window, len(joined))
    return [
        (part[0][0], part[-1][1], tuple(content for _, _, content in part))
        for part in (joined[i : i + size] for i in range(len(joined) - size + 1))
        if part
    ]


@given(
    st.lists(st.one_of(texts(), REPEATING), max_size=4), st.sampled_from(UNITS), st.integers(1, 4)
)
@example(["A b. C d! E f? A b. C d! E f?", "", "...", "* *\n\nOne. Two."], "sentences", 3)
@example(["One a. ★ Two b! ", "★ ★. One a. One a. One a."], "sentences", 1)
@example(["a\n\nb\n \nc\r\n\r\nd\n\n\n★\n\na"], "paragraphs", 3)
def test_passages_equal_the_reference(batch: list[str], unit: p.Unit, window: int) -> None:
    found = p.find_passages(pa.array(batch, pa.string()), unit, window=window)
    contents: dict[tuple[tuple[str, ...], ...], tuple[int, ...]] = {}
    for number, text in enumerate(batch):
        expected = passages(text, unit, window)
        own = slice(found.offsets[number], found.offsets[number + 1])
        data = text.encode()
        cuts = [(len(text[:a].encode()), len(text[:b].encode())) for a, b, _ in expected]
        assert found.bounds[own, : p.FIRST_WORD].tolist() == [list(cut) for cut in cuts]
        for (begin, end), bounds, key, repeated, (_, _, content) in zip(
            cuts,
            found.bounds[own],
            found.keys[own].tolist(),
            found.repeated[own],
            expected,
            strict=True,
        ):
            inside = [
                not is_symbol(text[a:b])
                for a, b in places(text)
                if begin <= len(text[:a].encode()) < end
            ]
            assert bounds[p.LAST_WORD] - bounds[p.FIRST_WORD] == sum(inside)
            assert data[begin:end].decode()
            # One key a content, in whatever document, and one content a key.
            assert contents.setdefault(content, tuple(key)) == tuple(key)
            before = [content for a, _, content in expected if len(text[:a].encode()) < begin]
            assert repeated == (content in before)
    assert len(set(contents.values())) == len(contents)
    signals = text_signals(pa.array(batch, pa.string()))
    assert found.totals[:, 0].tolist() == signals["word_count"].tolist()
    assert found.totals[:, 1].tolist() == signals["sentence_count"].tolist()


@given(REPEATING)
def test_sentences_before_and_up_to_a_passage_are_those_of_the_text(text: str) -> None:
    """What is left of a document is counted by them."""
    found = p.find_passages(pa.array([text]), "sentences", window=2)
    for bounds in found.bounds:
        assert 0 <= bounds[p.FIRST_SENTENCE] < bounds[p.LAST_SENTENCE] <= found.totals[0, 1]
    if len(found.bounds):
        assert found.bounds[0, p.FIRST_SENTENCE] == 0
        assert found.bounds[-1, p.LAST_SENTENCE] == found.totals[0, 1]


def test_keys_do_not_change_and_seeds_part_sites() -> None:
    """Keys are stored: another value here is a new version of the index."""
    array = pa.array(["One two. Three four!", "漢字かな"])
    assert p.find_passages(array, "sentences").keys.tolist() == STORED_KEYS
    seeded = p.find_passages(array, "lines", seeds=np.array([1, 2]))
    assert not set(seeded.keys.ravel().tolist()) & set(
        p.find_passages(array, "lines", seeds=np.array([2, 1])).keys.ravel().tolist()
    )


STORED_KEYS = [
    [3027297718814446510, 4241035632976012670],
    [-8601241474229051866, -4476027699097306866],
]


def test_marks_case_and_numbers_do_not_tell_passages_apart() -> None:
    left, right = "The 12 Cafés are open. Come in!", "the 5.6 cafe\u0301s — are open! come in."
    keys = [p.find_passages(pa.array([text]), "sentences").keys.tolist() for text in (left, right)]
    assert keys[0] == keys[1]


@pytest.mark.parametrize("kind", [pa.string(), pa.large_string()], ids=["string", "large"])
def test_slices_nulls_and_both_string_types(kind: pa.DataType) -> None:
    array = pa.array(["xx.", "Abb bb. Cd dd.", None, "Abb bb. Cd dd."], type=kind)
    whole = p.find_passages(array, "sentences", window=2)
    part = p.find_passages(array.slice(1), "sentences", window=2)
    assert part.keys.tolist() == whole.keys[1:].tolist()
    assert part.bounds.tolist() == whole.bounds[1:].tolist() == [[0, 14, 0, 4, 0, 2]] * 2
    cut, removed = cut_spans(array.slice(1), np.array([2]), np.array([[0, 7]]))
    assert cut.to_pylist() == ["Abb bb. Cd dd.", "", "Cd dd."]
    assert removed.tolist() == [0, 0, 8]


def cut(text: str, spans: list[tuple[int, int]]) -> str:
    """Reference of `cut_spans` on code points."""
    gone = {i for a, b in spans for i in range(a, b)}
    kept = "".join("\0" if i in gone else c for i, c in enumerate(text))
    out, left = "", None
    for stretch in re.finditer("[^\0]+", kept):
        content = stretch[0].strip()
        if not content:
            continue
        begin = stretch.start() + len(stretch[0]) - len(stretch[0].lstrip())
        if left is not None:
            gap = text[left:begin]
            runs = [
                run
                for run in re.finditer(r"[\s\x1c-\x1f\x85]+", gap)
                if "\n" in run[0] or run.start() == 0 or run.end() == len(gap)
            ]
            out += max(runs, key=lambda run: run[0].count("\n"))[0] if runs else ""
        out += content
        left = begin + len(content)
    return out


@given(st.one_of(texts(), REPEATING), st.data())
@example("One a.\n\nTwo b! Three.", None)
def test_what_is_cut_equals_the_reference(text: str, data: st.DataObject | None) -> None:
    text = text.replace("\0", "")
    place = st.integers(0, len(text))
    pairs = st.lists(st.tuples(place, place).map(sorted), max_size=4)
    spans = [(a, b) for a, b in data.draw(pairs)] if data else [(6, 14)]
    places = np.array([[len(text[:i].encode()) for i in span] for span in spans], dtype=np.int64)
    found, removed = cut_spans(
        pa.array(["x y", text, ""]), np.ones(len(spans), dtype=np.int64), places.reshape(-1, 2)
    )
    expected = cut(text, spans) if spans else text
    assert found.to_pylist() == ["x y", expected, ""]
    assert removed.tolist() == [0, len(text) - len(expected), 0]


@pytest.mark.parametrize(
    ("text", "gone", "left"),
    [
        ("A b. C d. E f.", "C d.", "A b. E f."),
        ("A b. C d. E f.", "A b.", "C d. E f."),
        ("A b. C d. E f.", "E f.", "A b. C d."),
        ("A b.\n\nC d. E f.", "C d.", "A b.\n\nE f."),
        ("A b. C d.\n\nE f.", "C d.", "A b.\n\nE f."),
        ("A b. C d.\n\nE f. G h.", "C d.\n\nE f.", "A b.\n\nG h."),
        ("A b. 漢 字。C d.", " 漢 字。", "A b. C d."),
        ("甲。乙 乙。丙。", "乙 乙。", "甲。丙。"),
        ("A b.", "A b.", ""),
    ],
    ids=range(9),
)
def test_seams(text: str, gone: str, left: str) -> None:
    """Paragraphs stay apart, sentences too, and no blank is made up."""
    begin = len(text[: text.index(gone)].encode())
    found, _ = cut_spans(
        pa.array([text]), np.array([0]), np.array([[begin, begin + len(gone.encode())]])
    )
    assert found.to_pylist() == [left]


def test_a_span_outside_its_text_is_refused() -> None:
    with pytest.raises(ValueError, match="not inside"):
        cut_spans(pa.array(["abc", "abcdef"]), np.array([0]), np.array([[1, 4]]))


@given(st.lists(REPEATING, min_size=1, max_size=8), st.data())
def test_settled_one_after_another(batch: list[str], data: st.DataObject) -> None:
    """Against a loop over sets: what a short document says has not been said."""
    found = p.find_passages(pa.array(batch), "sentences", window=1)
    survivors = [
        data.draw(st.sampled_from([-1, -1, -2, *range(i)])) if i else -1 for i in range(len(batch))
    ]
    codes = np.unique(found.keys, axis=0, return_inverse=True)[1].reshape(-1)
    short = p.settle(
        found.offsets,
        codes,
        found.repeated,
        found.bounds,
        found.totals,
        np.array(survivors),
        min_words=4,
        min_sentences=2,
    )
    seen: set[int] = set()
    expected: list[bool] = []
    for document, (first, end) in enumerate(pairwise(found.offsets.tolist())):
        rows = range(first, end)
        gone = [i for i in rows if found.repeated[i] or codes[i] in seen]
        left = [
            found.totals[document, column // 2 - 1]
            - sum(found.bounds[i, column + 1] - found.bounds[i, column] for i in gone)
            for column in (p.FIRST_WORD, p.FIRST_SENTENCE)
        ]
        survivor = survivors[document]
        takes_part = survivor == -1 or (survivor >= 0 and expected[survivor])
        expected.append(takes_part and bool(gone) and (left[0] < 4 or left[1] < 2))
        if takes_part and not expected[-1]:
            seen |= {codes[i] for i in rows}
    assert short.tolist() == expected


def test_overlapping_passages_are_counted_once() -> None:
    """Windows share sentences, whose words go once."""
    found = p.find_passages(
        pa.array(["Aa aa. Bb bb. Cc cc. Dd dd. Ee ee. Ff ff."]), "sentences", window=3
    )
    assert len(found.bounds) == 4
    for words, expected in ((4, False), (5, True)):
        short = p.settle(
            found.offsets,
            np.arange(4),
            np.array([True, True, False, False]),
            found.bounds,
            found.totals,
            np.array([-1]),
            min_words=words,
            min_sentences=1,
        )
        assert short.tolist() == [expected]


@pytest.mark.parametrize("unit", ["sentences", "lines"])
@pytest.mark.parametrize(
    "piece",
    ["ab. ", "line\n", "x", "漢。", "! "],
    ids=["sentences", "lines", "word", "han", "marks"],
)
def test_ten_megabytes(piece: str, unit: p.Unit) -> None:
    """Linear in time and memory, whether it is one passage or millions."""
    text = piece * (10_000_000 // len(piece.encode()))
    found = p.find_passages(pa.array([text]), unit)
    assert found.repeated.sum() >= len(found.bounds) - 2
    assert len(found.bounds) > 1_000_000 or found.totals[0, 1] <= 1 or unit != "sentences"
    spans = found.bounds[found.repeated][:, :2]
    rest, _ = cut_spans(pa.array([text]), np.zeros(len(spans), dtype=np.int64), spans)
    assert len(rest[0].as_py()) <= len(text)
