"""What breaks if this fails: mojibake and control characters reach the training text, or good text
is changed."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lakeprep.score.repair import repair_text


@pytest.mark.parametrize(
    ("broken", "repaired"),
    [
        ("The Mona Lisa doesnâ€™t have eyebrows.", "The Mona Lisa doesn’t have eyebrows."),
        ("schÃ¶ne GrÃ¼ÃŸe", "schöne Grüße"),
        ("РџСЂРёРІРµС‚, РєР°Рє РґРµР»Р°", "Привет, как дела"),
        ("Fish &amp; Chips &#8211; 5&nbsp;€", "Fish & Chips – 5\xa0€"),
        ("quoted \x93like this\x94 in 1252", "quoted “like this” in 1252"),
        ("a\x00b\x07c\x7fd", "abcd"),
        ("one\r\ntwo\rthree\nfour", "one\ntwo\nthree\nfour"),
        ("\ud83d\ude00 and \ud800 alone", "😀 and \ufffd alone"),
        ("\ufeffmark", "mark"),
    ],
)
def test_damage_is_undone(broken: str, repaired: str) -> None:
    assert repair_text(broken) == repaired


@pytest.mark.parametrize(
    "text",
    [
        "ﬁne ligatures, ＦＵＬＬ width, “curly” ‘quotes’ and … dots",
        "Où est l'âme ? Là-bas, déjà vécu à Noël — «été».",
        "Слово «дело», Р. Иванов; С – это С",
        "中文文本，全形標點！",
        "می‌خواهم \u200fعربي\u200e",
        "x < y & z; AT&T; a && b",
        "tab\tand\u2028separator\u2029kept\fform feed",
        "e\u0301 is not composed",
        "",
    ],
)
def test_good_text_is_left_alone(text: str) -> None:
    assert repair_text(text) == text


def test_only_the_damaged_line_is_touched() -> None:
    assert repair_text("“kept” <b>&amp;\ndonâ€™t\n&lt;") == "“kept” <b>&amp;\ndon’t\n<"


def test_a_control_character_made_by_an_entity_does_not_survive() -> None:
    assert repair_text("a&#13;&#10;b&#1;c&#127;") == "a\nbc"


@given(st.text(max_size=300))
def test_output_is_clean_and_encodes(text: str) -> None:
    repaired = repair_text(text)

    repaired.encode("utf-8")
    assert not any(ord(c) < 32 and c not in "\t\n\f" for c in repaired)
    assert not any(0x7F <= ord(c) < 0xA0 for c in repaired)


@given(st.text("abc äöüéßàèêñ.,’“”—  \n", max_size=300))
def test_plain_european_text_is_untouched(text: str) -> None:
    assert repair_text(text) == text


@pytest.mark.parametrize("unit", ["&", "Ã©", "&amp;", "\x80", "в", "&#x41;", "Ã"])
def test_hostile_lengths_end(unit: str) -> None:
    for length in (1_000_000, 5_000_000):
        repair_text(unit * (length // len(unit)))
