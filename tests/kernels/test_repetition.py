"""The signals of repetition equal slow references; what breaks here changes which documents are
kept."""

from __future__ import annotations

import time

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from kernel_texts import texts
from reference_repetition import dup_characters, top_characters
from reference_repetition import signals as reference
from reference_text import tokens as reference_tokens

from lakeprep.kernels import ngrams, signals
from lakeprep.kernels.repetition import SIGNAL_NAMES

EDGES = (
    "", "a", "!", "\n", "\n\n", " \n\n ", "\r\n", "\n\n\na", "a\n\n\n", "\u3000\n\na\n\na\u2028",
    "a\n\nb\n\na\n\nb", "a\n \na\n \na", "a\r\n\r\na\r\n\r\na", "a\u2028a\u2028a\x85a\x0ba",
    "x\nx\n\nx\n\n\nx", "the same line\nthe same line\nanother line\nthe same line ",
    "a a", "a b a b", "a b c d", "aa a a aa a a", "a A a A", "x" * 9 + " y " + "x" * 9 + " y",
    "12345678 123456781 12345678 123456781", "\x00 a \x00 a", "a\x00 a a\x00 a",
    "ab c ab c d", "1 11 1 1 1 11 1 1 1 1 1", "a bc d e f g ab c d e f g", "é é é é é é é é é é é",
    "e\u0301 e e\u0301 e", "👩\u200d👩 👩 " * 9, "漢字" * 20, "กข" * 20, "한글 " * 20, "! ? " * 30,
    "of the of the in a of the", "one two three four five six " * 3,
    "http://a.example/12345678901234567890/x http://a.example/12345678901234567891/x " * 3,
)  # fmt: skip


def columns(batch: list[str | None], kind: pa.DataType | None = None) -> dict[str, np.ndarray]:
    return signals.text_signals(pa.array(batch, type=kind or pa.string()))


def assert_equal(batch: list[str]) -> None:
    found = columns(batch)
    for i, text in enumerate(batch):
        got = {name: float(found[name][i]) for name in SIGNAL_NAMES}
        assert got == reference(text), text


def repeating() -> st.SearchStrategy[str]:
    """Texts of few different words, lines and paragraphs, so that long n-grams repeat, and
    n-grams that are equal only when joined."""
    words = st.sampled_from(
        ("a", "aa", "b", "ab", "1", "11", "the", "é", "漢", "字", "internationalization",
         "internationalisation", "don't", ".", "...", "😀", "e\u0301")
    )  # fmt: skip
    between = st.sampled_from((" ", " ", " ", " ", "", "\n", "\n\n", "\n \n", "\r\n", "\u2028"))
    few = st.lists(st.tuples(words, between).map("".join), min_size=1, max_size=12).map("".join)
    parts = st.lists(few, min_size=1, max_size=3)
    return parts.flatmap(lambda own: st.lists(st.sampled_from(own), max_size=12).map("".join))


@given(st.lists(st.one_of(repeating(), texts()), min_size=1, max_size=4))
@example(list(EDGES))
def test_every_signal_equals_its_reference(batch: list[str]) -> None:
    assert_equal(batch)


@pytest.mark.parametrize("size", [200, 3000])
def test_long_texts_of_few_words(size: int) -> None:
    random = np.random.default_rng(size)
    words = np.array(["a", "b", "ab", "ba", "interdisciplinary", "1", ".", "漢", "é\n", "x\n\n"])
    batch = [" ".join(random.choice(words[: k + 2], size)) for k in range(len(words) - 1)]
    assert_equal(batch)


def test_many_places_take_turns(english: list[str]) -> None:
    """A text with more places than the tables have room for side by side."""
    text = "\n".join(english)
    assert len(text) > 8 * ngrams.MANY_PLACES
    found = columns([text, english[0], text])
    alone = columns([english[0]])
    for name in SIGNAL_NAMES:
        assert found[name][0] == found[name][2]
        assert found[name][1] == alone[name][0]
    words = reference_tokens(text)
    for n in (5, 13):
        assert found[f"dup_{n}gram_char_ratio"][0] == dup_characters(words, n) / len(text)
    assert found["top_2gram_char_ratio"][0] == top_characters(words, 2) / len(text)


@pytest.mark.parametrize("kind", [pa.string(), pa.large_string()])
def test_slices_nulls_and_both_string_types(kind: pa.DataType) -> None:
    batch = ["a a\na a", None, "b\n\nb\n\nb", "", "третий\nтретий " * 5, "last"]
    array = pa.array(batch, type=kind)
    found = signals.text_signals(array.slice(1, 4))
    for i, text in enumerate(batch[1:5]):
        expected = reference(text or "")
        assert {name: found[name][i] for name in SIGNAL_NAMES} == expected


def test_the_end_of_the_buffer_is_not_passed() -> None:
    """Blocks of eight bytes are read only where eight bytes are."""
    raw = b"end end end"
    for size in range(len(raw) + 1):
        offsets = pa.py_buffer(np.array([0, size], dtype=np.int32))
        array = pa.StringArray.from_buffers(1, offsets, pa.py_buffer(raw[:size]))
        found = signals.text_signals(array)
        expected = reference(raw[:size].decode())
        assert {name: found[name][0] for name in SIGNAL_NAMES} == expected


@pytest.mark.parametrize("unit", ["ab ", "!", "漢", "a\n", "\n", "x"])
def test_ten_megabytes_on_one_line_take_bounded_time(unit: str) -> None:
    times = 10_000_000 // len(unit.encode())
    began = time.thread_time()
    found = columns([unit * times])
    assert time.thread_time() - began < 20
    token = unit.strip()
    tokens = times if token and token != "x" else int(bool(token))
    length = len(unit) * times
    top = max(0, tokens - 1) * (2 * len(token) + 1) / length
    dup = max(0, tokens - 1) // 5 * 5 * len(token) / length
    assert found["top_2gram_char_ratio"][0] == top
    assert found["dup_5gram_char_ratio"][0] == dup


def test_a_text_of_more_tokens_than_are_counted() -> None:
    """Memory is bounded: what comes after the last counted token changes nothing but L."""
    times = ngrams.MAX_TOKENS + 10
    found = columns(["!" * times])["dup_5gram_char_ratio"][0]
    assert 0.999 < found <= ngrams.MAX_TOKENS / times


def test_real_articles(english: list[str], chinese: list[str]) -> None:
    assert_equal(english[:30] + chinese[:30])


def test_the_same_in_any_batch(english: list[str]) -> None:
    whole = columns(english[:20])
    alone = [columns([text]) for text in reversed(english[:20])][::-1]
    for name in SIGNAL_NAMES:
        assert whole[name].tolist() == [one[name][0] for one in alone]
