"""Mojibake is found, and clean text in every language has none."""

from __future__ import annotations

import zipfile

import pyarrow as pa
import pytest
from hypothesis import given
from kernel_texts import data_directory, texts

from lakeprep.kernels import unicode as u
from lakeprep.kernels.arrow import string_buffers
from lakeprep.kernels.mojibake import IMAGES, WINDOWS, count_mojibake

CLEAN = (
    "LIBERTÉ » — « ÉGALITÉ », FRATERNITÉ… « É », « Â », «Ã» d’été. À « L’ÂGE » : l’œuvre, ça",
    "“AMANHÃ” e “IRMÃ”, NÃO; MAÇÃ®… Ã, à mãe. Coração «Ã».",
    "„ÖL“, GRÖẞE, Straße, MÄ…, „Ä“ und „Ü“. Ö’s",
    "Úžasný! ÚŽAS, Ížák, Ďábel, VÍŠ, příliš žluťoučký kůň. BLÍŽÍŠ",
    "Hâlâ… “hâlâ” hâlâ…”. Â",
    "SKÅ… 10 Å² ÅÄÖ Ånger®",
    "ESPAÑ… “Ñ” ¿QUÉ? ¡OLÉ! n.º 1.ª",
    "“ĐÔ “TÔ” Â Ấ Ã ơ đâ…",
    "Привет, Ελλάδα, שלום, مرحبا, 日本語。 3 × 4 ±2 €",
    "NESCAFÉ® É™, CAFÉ€ 20 °C",
)
BROKEN = (
    ("Ã©tÃ©", 4), ("voilÃ\xa0", 2), ("Ã‰cole", 2), ("nÃ£o", 2), ("garÃ§on", 2), ("StraÃŸe", 2),
    ("itâ€™s", 3), ("â€œyesâ€", 5), ("20Â°C", 2), ("Â©", 2), ("wordÂ\xa0word", 2), ("â‚¬5", 3),
    ("â„¢", 3), ("maÅ‚y", 2), ("wÉ›n", 2), ("ÐŸÑ€Ð¸Ð²ÐµÑ‚", 12), ("ÎµÎ»Î»", 6), ("ä¸\xadæ–‡", 6),
    ("ðŸ˜€", 4), ("ï»¿a", 3), ("Ð\x9f", 2), ("â\x80\x99", 3), ("ÃƒÂ©", 4), ("\u0080", 0), ("Ã", 0),
)  # fmt: skip


def count(batch: list[str]) -> list[float]:
    return count_mojibake(*string_buffers(pa.array(batch)), u.tables()).tolist()


def misread(text: str, encoding: str) -> str:
    """The UTF-8 of a text, read as another encoding as browsers read it."""
    return "".join(bytes([b]).decode(encoding, "ignore") or chr(b) for b in text.encode())


def test_clean_text_has_none() -> None:
    assert dict(zip(CLEAN, count(list(CLEAN)), strict=True)) == dict.fromkeys(CLEAN, 0)


def test_typical_mojibake_is_counted_to_the_character() -> None:
    found = count([text for text, _ in BROKEN])
    assert dict(zip((t for t, _ in BROKEN), found, strict=True)) == dict(BROKEN)


def test_images_are_those_of_windows_1252() -> None:
    for byte, char in enumerate(WINDOWS, 0x80):
        assert bytes([byte]).decode("cp1252", "ignore") in (char, "")
        assert char == " " or IMAGES[ord(char)] == byte


@given(texts())
def test_never_more_characters_than_there_are(text: str) -> None:
    clean, broken = count([text, misread(text, "cp1252")])
    assert 0 <= clean <= len(text)
    assert broken <= 4 * len(text)


@pytest.mark.parametrize("unit", ["Ã", "Ã©", "é", "â€", "ð", "«\xa0Â\xa0"])
def test_ten_megabytes_on_one_line(unit: str) -> None:
    text = unit * (10_000_000 // len(unit.encode()))
    assert 0 <= count([text])[0] <= len(text)


def test_declarations_in_all_languages() -> None:
    """Clean in 388 languages, in small letters and in capitals; of the languages of Europe in
    Latin letters three quarters of what was misread are found again."""
    with zipfile.ZipFile(data_directory() / "gold/language_udhr/udhr2.zip") as archive:
        names = [name for name in archive.namelist() if name.endswith(".txt")]
        declarations = [archive.read(name).decode() for name in names]
    assert not any(count(declarations))
    assert not any(count([text.upper() for text in declarations]))
    european = "fra por_PT spa deu_1901 ita cat glg ron pol ces slk hun swe dan nob isl fin est"
    for name, text in zip(names, declarations, strict=True):
        if name.removeprefix("udhr2/").removesuffix(".txt") in european.split():
            for encoding in ("latin-1", "cp1252"):
                misread_characters = sum(len(c.encode()) for c in text if c > "\x7f")
                (found,) = count([misread(text, encoding)])
                assert found >= 0.75 * misread_characters, (name, encoding)
