"""The shipped lists know their languages: prose of 200 words holds two of its stop words."""

from __future__ import annotations

import gzip
import json
import unicodedata
import zipfile
from collections import Counter
from pathlib import Path

import pyarrow as pa

from lakeprep.kernels.signals import ENGLISH_STOP_WORDS, text_signals
from lakeprep.kernels.word_signals import StopWords
from lakeprep.score.stop_words import stop_words

#: lid.176's codes and the names of the declarations in the Unicode set, where they differ.
DECLARATIONS = {
    "af": "afr", "ar": "arb", "az": "azj_latn", "be": "bel", "bg": "bul", "bn": "ben",
    "bs": "bos_latn", "ca": "cat", "cs": "ces", "cy": "cym", "da": "dan", "de": "deu_1901",
    "el": "ell_monotonic", "en": "eng", "eo": "epo", "es": "spa", "et": "est", "eu": "eus",
    "fa": "pes_1", "fi": "fin", "fr": "fra", "ga": "gle", "gl": "glg", "gu": "guj", "he": "heb",
    "hi": "hin", "hr": "hrv", "hu": "hun", "hy": "hye", "id": "ind", "is": "isl", "it": "ita",
    "ja": "jpn", "ka": "kat", "kk": "kaz", "kn": "kan", "ko": "kor", "la": "lat", "lt": "lit",
    "lv": "lav", "mk": "mkd", "ml": "mal", "mr": "mar", "ms": "mly_latn", "mt": "mlt", "ne": "nep",
    "nl": "nld", "nn": "nno", "no": "nob", "pa": "pan", "pl": "pol", "pt": "por_PT",
    "ro": "ron_1993", "ru": "rus", "sk": "slk", "sl": "slv", "sq": "als", "sr": "srp_cyrl",
    "sv": "swe", "sw": "swh", "ta": "tam", "th": "tha", "tl": "tgl", "tr": "tur",
    "uk": "ukr", "ur": "urd", "uz": "uzn_latn", "vi": "vie", "zh": "cmn_hans",
}  # fmt: skip
#: Labels of the web snippets, for the languages with more than one or another name there.
WEB_LABELS = {"est": "et", "ekk": "et", "pes": "fa", "zsm": "ms", "lvs": "lv", "als": "sq",
              "swh": "sw", "npi": "ne", "nob": "no", "cmn": "zh", "azj": "az", "uzn": "uz",
              "arb": "ar", "ell": "el", "fil": "tl", "tel": "te", "deu": "de"}  # fmt: skip


def found_in(texts: list[str], languages: list[str]) -> list[float]:
    lists = StopWords.of(stop_words())
    return text_signals(pa.array(texts), pa.array(languages), lists)["stop_word_count"].tolist()


def test_lists_are_what_the_file_says() -> None:
    lists = stop_words()
    assert lists["en"] == ENGLISH_STOP_WORDS
    assert len(lists) >= 40
    assert all(8 <= len(words) <= 20 for words in lists.values())
    assert all(isinstance(word, str) for words in lists.values() for word in words)


def test_every_stop_word_is_a_token() -> None:
    """A word that our tokens never are would never be found."""
    lists = stop_words()
    found = found_in([" ".join(sorted(words)) for words in lists.values()], list(lists))
    assert dict(zip(lists, found, strict=True)) == {k: len(v) for k, v in lists.items()}


def test_declarations_of_human_rights(data: Path) -> None:
    """Parts of 200 words of each declaration (400 characters where words are characters)."""
    parts: list[str] = []
    languages: list[str] = []
    with zipfile.ZipFile(data / "gold/language_udhr/udhr2.zip") as archive:
        for language, name in DECLARATIONS.items():
            # Some files are decomposed; the web is not.
            text = unicodedata.normalize("NFC", archive.read(f"udhr2/{name}.txt").decode())
            words = list(text) if language in ("ja", "th", "zh") else text.split(" ")
            size, glue = (400, "") if language in ("ja", "th", "zh") else (200, " ")
            pieces = [words[at : at + size] for at in range(0, len(words), size)]
            parts += [glue.join(piece) for piece in pieces if len(piece) == size]
            languages += [language] * (len(parts) - len(languages))
    assert set(languages) == set(stop_words()) - {"te"}  # no declaration in Telugu
    assert_share_has_two(0.95, parts, languages)


def test_web_snippets(data: Path) -> None:
    """Less than of prose: there are lists of goods and of keywords among them."""
    with gzip.open(data / "gold/language_web.jsonl.gz", "rt", encoding="utf-8") as lines:
        rows = [json.loads(line) for line in lines]
    iso = (
        {"tel": "te"}
        | {name.partition("_")[0]: code for code, name in DECLARATIONS.items()}
        | WEB_LABELS
    )
    scripts = {"ms": "Latn", "az": "Latn", "uz": "Latn", "kk": "Cyrl", "bs": "Latn"}
    texts: list[str] = []
    languages: list[str] = []
    for row in rows:
        name, _, script = row["lang"].partition("_")
        code = iso.get(name)
        long_enough = len(row["text"].split()) >= 200
        if code and long_enough and scripts.get(code, script) == script:
            texts.append(row["text"])
            languages.append(code)
    assert_share_has_two(0.9, texts, languages)


def test_articles(data: Path) -> None:
    for code, size in (("en", 200), ("zh", 0)):
        path = data / f"text/{code}_articles/docs.DEV.jsonl.gz"
        with gzip.open(path, "rt", encoding="utf-8") as lines:
            articles = [json.loads(line)["text"] for line in lines]
        long = [text for text in articles if len(text.split()) >= size and len(text) >= 400]
        assert_share_has_two(0.95, long, [code] * len(long))


def assert_share_has_two(share: float, texts: list[str], languages: list[str]) -> None:
    """In each language; one text may always miss."""
    found = found_in(texts, languages)
    all_of = Counter(languages)
    with_two = Counter(
        language for language, count in zip(languages, found, strict=True) if count >= 2
    )
    low = {code: (with_two[code], all_of[code]) for code in all_of
           if all_of[code] - with_two[code] > max(1, (1 - share) * all_of[code])}  # fmt: skip
    assert not low
