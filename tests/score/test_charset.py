"""What breaks if this fails: pages turn into mojibake, silently, for good."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lakeprep.score.charset import codec_of_label, decode

RUSSIAN = "Съешь же ещё этих мягких французских булок, да выпей чаю. "
CHINESE = "天地玄黃宇宙洪荒日月盈昃辰宿列張寒來暑往秋收冬藏。"
JAPANESE = "いろはにほへとちりぬるをわかよたれそつねならむ。"


def page(text: str, charset: str) -> str:
    return f'<html><head><meta charset="{charset}"></head><body>{text}</body></html>'


@pytest.mark.parametrize(
    ("text", "encoding", "label"),
    [
        (RUSSIAN, "cp1251", "windows-1251"),
        (RUSSIAN, "koi8-r", "KOI8-R"),
        (CHINESE, "big5", "big5"),
        ("天地玄黄宇宙洪荒", "gb18030", "gb2312"),
        (JAPANESE, "shift_jis", "Shift_JIS"),
        (JAPANESE, "euc_jp", "x-euc-jp"),
        (JAPANESE, "iso2022_jp", "ISO-2022-JP"),
        ("다람쥐 헌 쳇바퀴에 타고파", "cp949", "euc-kr"),
        ("“naïve” café – 5 €", "cp1252", "iso-8859-1"),
        ("Türkçe ığüşöç", "cp1254", "iso-8859-9"),
    ],
)
def test_declared_encodings_are_read(text: str, encoding: str, label: str) -> None:
    body = page(text, label).encode(encoding)

    assert text in decode(body, label).text
    assert text in decode(body, None).text, "the page's own <meta> is enough"


@pytest.mark.parametrize(
    "label", ["iso-8859-1", "windows-1251", "gbk", "shift_jis", "nonsense", ""]
)
def test_utf8_is_utf8_whatever_was_declared(label: str) -> None:
    body = page(RUSSIAN + CHINESE, label).encode()

    assert decode(body, label).encoding == "utf-8"


def test_a_label_that_the_bytes_contradict_is_passed_over() -> None:
    body = page(RUSSIAN * 5, "windows-1251").encode("cp1251")

    for wrong in ("utf-8", "gbk", "iso-8859-1"):
        assert RUSSIAN in decode(body, wrong).text, wrong


def test_utf8_cut_in_a_character_or_slightly_damaged_stays_utf8() -> None:
    body = (RUSSIAN * 20).encode()

    assert decode(body[:-3], None).encoding == "utf-8"
    assert decode(body[:100] + b"\xff" + body[100:], "windows-1251").encoding == "utf-8"


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be", "utf-8"])
def test_byte_order_marks_and_wide_encodings(encoding: str) -> None:
    html = page("Plain English text, and then some. " * 4, "utf-8")

    assert decode(("\ufeff" + html).encode(encoding), "latin-1").text == html
    assert decode(html.encode(encoding), "latin-1").text == html


def test_unlabelled_text_is_sniffed_where_the_evidence_is() -> None:
    late = b"<p>" + b"plain ascii, a lot of it. " * 20_000 + (RUSSIAN * 3).encode("cp1251")

    assert decode(late, None).text.endswith(RUSSIAN)


def test_undefined_bytes_of_windows_1252_are_kept_for_repair() -> None:
    assert decode(b"caf\xe9 \x81", "iso-8859-1").text == "café \x81"


@pytest.mark.parametrize("label", ["punycode", "unicode_escape", "utf-7", "rot13", "x" * 99])
def test_codecs_that_encode_no_page_are_not_labels(label: str) -> None:
    assert codec_of_label(label) is None


@given(st.binary(max_size=300), st.none() | st.text(max_size=20))
def test_any_bytes_decode_to_text_that_encodes(body: bytes, declared: str | None) -> None:
    decode(body, declared).text.encode("utf-8")


@given(st.text(min_size=1, max_size=200).map(lambda text: text.replace("\ufeff", "")))
def test_utf8_round_trip(text: str) -> None:
    body = text.encode()
    if b"\x1b" not in body and b"~{" not in body and body.count(0) == 0:
        assert decode(body, "windows-1251").text == text


def test_labelled_real_files(data: Path) -> None:
    """219 of 223 when this was written: EUC-TW, which Python cannot read, one plain-text Johab, one
    Mac Roman log, and a Greek line in which windows-1253 and ISO 8859-7 differ in one letter."""
    files = sorted((data / "gold" / "charset").glob("*/*"))
    right = with_labels_removed = 0
    for file in files:
        truth = codec_of_label(file.parent.name) or codec_of_label(
            file.parent.name.rpartition("-")[0]
        )
        body = file.read_bytes()
        bare = re.sub(rb"""encoding\s*=\s*["'][^"']*["']|charset=["']?[\w-]+""", b"", body)
        right += decode(body, None).text == reference(body, truth)
        with_labels_removed += decode(bare, None).text == reference(bare, truth)
    assert len(files) == 223
    assert right >= 217
    assert with_labels_removed >= 217


def reference(body: bytes, encoding: str | None) -> str | None:
    return body.decode(encoding, "replace").removeprefix("\ufeff") if encoding else None
