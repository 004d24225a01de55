"""The signals equal slow references; what breaks here changes which documents are kept."""

from __future__ import annotations

import gzip
import json
import math
from collections import Counter

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from kernel_texts import assigned, data_directory, texts
from reference_text import script as reference_script
from reference_text import signals as reference_signals
from reference_text import tokens as reference_tokens

from lakeprep.kernels import signals, words
from lakeprep.kernels import unicode as u
from lakeprep.kernels.arrow import string_buffers

STOP_WORDS = {"en": signals.ENGLISH_STOP_WORDS, "zh": frozenset("的了和你")}
EDGES = (
    "", "a", "!", "....", "--", " ", "\n", "\r\n", "\n\n\n", "\u0301", "e\u0301", "❤\ufe0f",
    "\u200b",    "👩\u200d👩", "a\u2028b\u2029c\x85d\x0be\x0cf", "a\r\nb\r\n\r\nc", "\r\r\n",
    "x" * 31, "x" * 30,
    "same line\nsame line\nsame line", "same\r\nsame\nsame", "漢字かな交じり文。", "กขค ภาษาไทย",
    "Don't. Won't! It's 'quoted'.", "C.I.A. agents", "J. R. R. Tolkien", "A.B", "a.B", "AB. c",
    "l'avion d'Anna", "1,2 a,b 1.a a.1", "http://", "http://.", "www.", "https://x", "hTTp://A",
    "{", "LOREM ipsum lorem  ipsum", "javascript\njavascript javascript\nJAVASCRIPT",
    "a b a B A b", "...…....", "- a\n  • b\n-\n\t- c", "end...\nend… \nend.. .", "\ufeffabc",
)  # fmt: skip


def columns(batch: list[str | None], kind: pa.DataType | None = None) -> dict[str, np.ndarray]:
    array = pa.array(batch, type=kind or pa.string())
    return signals.text_signals(array, pa.array(["en"] * len(batch)), STOP_WORDS)


def language_texts(label: str) -> list[str]:
    """The web snippets with that label (200 a language)."""
    with gzip.open(data_directory() / "gold/language_web.jsonl.gz", "rt", encoding="utf-8") as file:
        return [
            r["text"] for line in file if label in line if (r := json.loads(line))["lang"] == label
        ]


def assert_equal(text: str, row: dict[str, float]) -> None:
    expected = reference_signals(text, STOP_WORDS["en"])
    assert list(row) == list(signals.SIGNAL_NAMES)
    for name, value in expected.items():
        if name.endswith("_ratio") or name in ("mean_word_length", "mean_line_length",
                                               "unigram_entropy"):  # fmt: skip
            assert math.isclose(row[name], value, rel_tol=1e-12, abs_tol=1e-12), (name, text)
        else:
            assert row[name] == value, (name, text)


def kernel_tokens(text: str) -> list[str]:
    offsets, data = string_buffers(pa.array([text]))
    _, bounds = words.token_bounds(offsets, data, u.tables().flags)
    raw = text.encode()
    return [raw[a:b].decode() for a, b in bounds.reshape(-1, 2).tolist()]


@given(texts())
@example("a\u0301.B")
@example("İ. x")
def test_tokens_are_those_of_the_definition(text: str) -> None:
    assert kernel_tokens(text) == reference_tokens(text)


@given(st.lists(texts(), min_size=1, max_size=4))
def test_every_signal_equals_its_reference(batch: list[str]) -> None:
    found = columns(batch)
    for i, text in enumerate(batch):
        assert_equal(text, {name: float(values[i]) for name, values in found.items()})


def test_edge_cases_in_one_batch() -> None:
    found = columns(list(EDGES))
    for i, text in enumerate(EDGES):
        assert_equal(text, {name: float(values[i]) for name, values in found.items()})


def test_short_cuts_cut_as_the_definition_does() -> None:
    """Most tokens never come to the rules for chunks: words beside all marks that may close, at a
    text's end and where sixteen bytes more can be read at once."""
    words_ = ("a", "ab", "abc", "Abc", "ABC", "abcde", "abcdE", "12", "2020", "10km", "cannot", "É",
              "ÉÉ", "été", "naïve", "漢", "GPU", "e\u0301", "нет", "K", "กำ", "vs", "planet",
              "Cannot", "a" * 15, "a" * 16, "A" * 17, "7" * 16)  # fmt: skip
    marks = ("", ".", "..", "...", ",", '."', '".', ").", "),", ":)", "):", "(:", "*)", ";", "'",
             "'s", "’s", "’", "”", "”.", ".”", "“", "-", "--", "$", "%", "+", "—", "…", "，", "。",
             "(", "\u200b", "\u0301", "@", "/", "_", "=", "\x00", "❤\ufe0f", "€")  # fmt: skip
    tails = ("", " b", "b", "B", "漢", "1", "\u3000b", "\n", "é", "\u2028", "，")
    cases = [w + m + t for w in words_ for m in marks for t in tails]
    cases += [m + w + t for w in words_ for m in marks for t in tails]
    cases += [case + " and so on and on" for case in cases]
    offsets, data = string_buffers(pa.array(cases))
    first, bounds = words.token_bounds(offsets, data, u.tables().flags)
    raw, pairs = data.tobytes(), bounds.reshape(-1, 2)
    for i, text in enumerate(cases):
        found = [raw[a:b].decode() for a, b in pairs[first[i] : first[i + 1]].tolist()]
        assert found == reference_tokens(text), text


def test_common_han_letters_need_no_table() -> None:
    """What `words.is_bare_han` takes for granted."""
    letters = u.tables().flags[0x4E00:0x9FC0]
    wanted = u.LETTER | u.IDEOGRAPH | u.ALONE
    assert (letters & wanted == wanted).all()
    assert not (letters & (u.SYMBOL | u.TERMINAL | u.PUNCTUATION | u.JOINED)).any()
    assert not (u.tables().flags[0x4000:0xA000] & u.JOINED).any(), "what may follow"
    assert (u.tables().lower[0x4E00:0x9FC0] == np.arange(0x4E00, 0x9FC0)).all()


def test_marks_of_the_symbol_set_are_not_words() -> None:
    """Their case is not looked at (`words.CASELESS`), so they must not be counted as words."""
    tables = u.tables()
    symbols = np.flatnonzero(tables.flags & u.SYMBOL)
    assert not (tables.flags[symbols] & u.LETTER).any()
    ascii_marks = [b for b in range(128) if not chr(b).isalnum() and not chr(b).isspace()]
    assert (tables.flags[ascii_marks] & u.SYMBOL).all()


def test_words_are_the_same_in_any_case_and_script_of_their_letters() -> None:
    """Words of ASCII and others are hashed in different ways: they must meet. (The Kelvin sign is
    small in ASCII.)"""
    batch = []
    for n in range(1, 36):
        stem = "Abcdefgh" * 5
        head, marked = stem[:n], stem[: n // 2] + "_" + stem[n // 2 : n]
        batch.append(
            f"{head}K {head}\u212a {head.lower()}k {head.upper()}K {marked}k {marked}\u212a"
        )
        batch.append(
            f"{head}é {head.upper()}É x_{head}.com/A?b X_{head}.COM/a?B 漢{head} 漢 {head}"
        )
    found = columns(batch)
    for i, text in enumerate(batch):
        assert_equal(text, {name: float(values[i]) for name, values in found.items()})


def test_tokens_run_on_from_batch_to_batch() -> None:
    """Tokens are read 256 at a time; contractions are two."""
    batch = ["don't " * n + "stop" for n in range(120, 136)] + ["a " * 255 + "don't", "漢" * 600]
    found = columns(batch)
    for i, text in enumerate(batch):
        assert_equal(text, {name: float(values[i]) for name, values in found.items()})


def test_contractions_and_inner_marks_as_the_reference_splits_them() -> None:
    text = "Don't stop: it's Anna's well-known U.S. e-mail, covid-19, 3.14 and/or 1/2."
    assert kernel_tokens(text) == [
        "Do", "n't", "stop", ":", "it", "'s", "Anna", "'s", "well", "-", "known", "U.S.", "e", "-",
        "mail", ",", "covid-19", ",", "3.14", "and", "/", "or", "1/2", ".",
    ]  # fmt: skip


def test_chunks_are_parted_as_the_reference_parts_them() -> None:
    cases = {
        "(e.g. **[text](http://a.b/c-d)**).": [
            "(", "e.g.", "*", "*", "[", "text](http://a.b", "/", "c", "-", "d", ")", "*", "*", ")",
            ".",
        ],
        "see http://a.bc/d-e?f=g, a|b don't.": [
            "see", "http://a.bc/d-e?f=g", ",", "a|b", "do", "n't", ".",
        ],
        "Mr. X paid $5.20 (10km) cannot...": [
            "Mr.", "X", "paid", "$", "5.20", "(", "10", "km", ")", "can", "not", "...",
        ],
    }  # fmt: skip
    for text, expected in cases.items():
        assert kernel_tokens(text) == expected


def test_stop_words_count_once_and_only_in_their_language() -> None:
    batch = pa.array(["the the of The", "的的了 the", "the of", "的", None])
    languages = pa.array(["en", "zh", "de", None, "en"])
    found = signals.text_signals(batch, languages, STOP_WORDS)
    assert found["stop_word_count"].tolist() == [2, 2, 0, 0, 0]
    assert signals.text_signals(batch)["stop_word_count"].tolist() == [0] * 5


@pytest.mark.parametrize("kind", [pa.string(), pa.large_string()])
def test_slices_nulls_and_both_string_types_give_the_same(kind: pa.DataType) -> None:
    batch = ["first", None, "Second one. Here!", "", "третий\nтретий", "last"]
    array = pa.array(batch, type=kind)
    whole = signals.text_signals(array)
    part = signals.text_signals(array.slice(1, 4))
    plain = signals.text_signals(pa.array([text or "" for text in batch]))
    for name in signals.SIGNAL_NAMES:
        assert whole[name].tolist() == plain[name].tolist()
        assert part[name].tolist() == plain[name][1:5].tolist()


def test_empty_batch_and_wrong_type() -> None:
    nothing = signals.text_signals(pa.array([], pa.string()))
    assert all(len(values) == 0 for values in nothing.values())
    assert signals.script(pa.array([], pa.string())).to_pylist() == []
    with pytest.raises(TypeError, match="int64"):
        signals.text_signals(pa.array([1]))


@pytest.mark.parametrize("unit", ["a", "a.", "!", "漢", "http://a", "'", "a\u0301", "\n", "don't "])
def test_ten_megabytes_on_one_line(unit: str) -> None:
    text = unit * (10_000_000 // len(unit.encode()))
    found = signals.text_signals(pa.array([text]))
    assert found["newline_word_ratio"][0] >= 0
    assert signals.script(pa.array([text])).to_pylist()[0] in (None, "Latn", "Hant")


@given(st.text("们們国國的不a1 の", max_size=30))
def test_han_is_told_apart_by_its_one_sided_characters(text: str) -> None:
    assert signals.script(pa.array([text])).to_pylist() == [reference_script(text)]


def test_one_sided_characters_are_on_one_side_only() -> None:
    simplified, traditional = u.han_pairs()
    assert len(set(simplified)) == len(simplified) > 600
    assert len(set(traditional)) == len(traditional) > 600
    assert not set(simplified) & set(traditional)
    flags = u.tables().flags
    assert all(flags[ord(c)] & u.HAN for c in simplified + traditional)


@pytest.mark.parametrize(("label", "script"), [("zho_Hans", "Hans"), ("zho_Hant", "Hant")])
def test_real_chinese_in_both_scripts(label: str, script: str) -> None:
    """Web snippets with another identifier's label; two of 200 are labelled wrong."""
    found = Counter(signals.script(pa.array(language_texts(label))).to_pylist())
    assert found[script] >= 0.98 * found.total()


def test_real_japanese_is_not_judged() -> None:
    found = set(signals.script(pa.array(language_texts("jpn_Jpan"))).to_pylist())
    assert not found & {"Hans", "Hant"}


@given(texts())
def test_script_is_that_of_most_letters(text: str) -> None:
    assert signals.script(pa.array([text])).to_pylist() == [reference_script(text)]


def test_scripts_have_iso_names() -> None:
    cases = {"abc": "Latn", "Привет": "Cyrl", "文字": "Hani", "漢字": "Hant", "汉字": "Hans",
             "ひらカタ漢": "Kana", "한글": "Hang",
             "العربية": "Arab", "Ελληνικά": "Grek", "עברית": "Hebr", "ไทย": "Thai",
             "हिन्दी": "Deva",
             "123 !?": None, "": None, "ქართული": "Geor", "Հայերեն": "Armn"}  # fmt: skip
    assert signals.script(pa.array(list(cases))).to_pylist() == list(cases.values())


@given(assigned())
def test_flags_are_those_of_python(char: str) -> None:
    flags = int(u.tables().flags[ord(char)])
    assert bool(flags & u.LETTER) == char.isalpha()
    assert bool(flags & u.SPACE) == char.isspace()
    assert bool(flags & u.UPPER) == char.isupper()
    assert bool(flags & u.DIGIT) == char.isdecimal()
    assert bool(flags & u.LINE_BREAK) == (len(f"a{char}b".splitlines()) == 2)


def test_all_flags_are_those_of_python(same_unicode: bool) -> None:
    if not same_unicode:
        pytest.skip(f"the tables hold Unicode {u.unicode_version()}, this Python another version")
    flags = u.tables().flags
    for point in range(0x110000):
        if not 0xD800 <= point < 0xE000:
            assert bool(flags[point] & u.LETTER) == chr(point).isalpha(), hex(point)
            assert bool(flags[point] & u.SPACE) == chr(point).isspace(), hex(point)


def test_real_articles(english: list[str], chinese: list[str]) -> None:
    batch = english[:30] + chinese[:30]
    found = columns(batch)
    for i, text in enumerate(batch):
        assert_equal(text, {name: float(values[i]) for name, values in found.items()})


def test_the_same_twice_and_in_any_batch(english: list[str]) -> None:
    whole = columns(english[:20])
    alone = [columns([text]) for text in english[:20]]
    for name in signals.SIGNAL_NAMES:
        assert whole[name].tolist() == [one[name][0] for one in alone]
