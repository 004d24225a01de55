"""Entries are found as whole words where words are whole, and anywhere where they are not."""

from __future__ import annotations

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from reference_editor import bad_words as reference_bad_words

from lakeprep.kernels.bad_words import LONGEST_ENTRY, WordLists, count_bad_words

LETTERS = "ab_1$é\u0301漢ß "


def count(text: str, entries: list[str], language: str = "en") -> int:
    lists = WordLists.of({language: entries, "xx": ["other"]})
    return int(count_bad_words(pa.array([text]), pa.array([language]), lists)[0])


@given(
    st.text(st.sampled_from(LETTERS + "AB\n\xa0."), max_size=40),
    st.lists(st.text(st.sampled_from(LETTERS + "A"), max_size=5), max_size=6),
    st.sampled_from(("en", "zh")),
)
def test_every_count_equals_the_reference(text: str, entries: list[str], language: str) -> None:
    expected = reference_bad_words(text, entries, whole=language == "en")
    assert count(text, entries, language) == expected


def test_whole_words_and_entries_of_several_words() -> None:
    entries = ["darn", "son of a gun", "son", "$illy", "half-wit"]
    assert count("Darn it, DARN! darned undarn darn_it", entries) == 2
    assert count("a son of a\n  gun; the son of a gunner", entries) == 2
    assert count("so $illy, half-wit half-wits x$illy", entries) == 2
    assert count("", entries) == count("darn", []) == count("darn", ["", "  "]) == 0


def test_languages_without_spaces_have_no_word_borders() -> None:
    assert count("这是坏词，坏词语", ["坏词", "坏词语"], "zh") == 2
    assert count("คนเลวมาก", ["เลว"], "th") == 1
    assert count("这是坏词吗", ["坏词"], "ko") == 0


def test_each_language_has_its_own_list() -> None:
    lists = WordLists.of({"en": ["darn"], "de": ["mist", "darn"]})
    texts = pa.array(["darn mist", "darn mist", "darn mist", None, "darn"])
    languages = pa.array(["en", "de", "fr", "en", None])
    assert count_bad_words(texts, languages, lists).tolist() == [1, 2, 0, 0, 0]
    assert count_bad_words(texts, None, lists).tolist() == [0] * 5
    assert count_bad_words(texts.slice(1, 2), languages.slice(1, 2), lists).tolist() == [2, 0]


def test_an_entry_that_is_too_long_is_refused() -> None:
    assert count("x" * LONGEST_ENTRY, ["x" * LONGEST_ENTRY]) == 1
    with pytest.raises(ValueError, match="65 characters"):
        WordLists.of({"en": ["x" * (LONGEST_ENTRY + 1)]})


@pytest.mark.parametrize("unit", ["a", "a ", "$", "漢", " "])
def test_a_megabyte_that_nearly_matches(unit: str) -> None:
    """The longest entry that almost stands at every place of the text."""
    text = unit * (1_000_000 // len(unit.encode()))
    entry = (unit * LONGEST_ENTRY)[: LONGEST_ENTRY - 1] + "!"
    assert count(text, [entry, "b"]) == 0
