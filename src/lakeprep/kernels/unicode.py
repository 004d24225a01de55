"""Unicode tables of the kernels: flags, lower case, the fold of shingles, scripts.

The tables are made once by ``scripts/make_unicode_tables.py`` from Python's ``unicodedata`` and
are committed, so that a document's signals and signatures are the same under every Python version.
``UNICODE_VERSION`` names the version they hold.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt

MAX_CODE_POINT: Final = 0x10FFFF
TABLE_FILE: Final = Path(__file__).with_name("unicode_tables.npz")
HAN_PAIRS_FILE: Final = Path(__file__).with_name("han_pairs.txt")

# One bit a property; the script id lies in the upper eight bits.
LETTER: Final = 1 << 0  # category L*: the same set as str.isalpha
DIGIT: Final = 1 << 1  # category Nd: str.isdecimal
MARK: Final = 1 << 2  # category M*
SPACE: Final = 1 << 3  # str.isspace
UPPER: Final = 1 << 4  # str.isupper
LOWER: Final = 1 << 5  # str.islower
SYMBOL: Final = 1 << 6  # the reference's punctuation and controls, RULES.md section 1
TERMINAL: Final = 1 << 7  # the reference's sentence-final marks
LINE_BREAK: Final = 1 << 8  # str.splitlines breaks here
NUMBER: Final = 1 << 9  # category N*
WORD: Final = 1 << 10  # letters, numbers and marks: what words are made of
JOINED: Final = 1 << 11  # marks and format characters: never begin a word after something
IDEOGRAPH: Final = 1 << 12  # letters and marks of Han, Kana, Thai: one token a code point
HAN: Final = 1 << 13
LATIN: Final = 1 << 14  # Latin letters
BRACKET: Final = 1 << 15  # ( ) [ ] and their full-width and lenticular forms
PUNCTUATION: Final = 1 << 16  # category P*
SIMPLIFIED: Final = 1 << 17  # Han that only simplified Chinese uses (han_pairs.txt)
TRADITIONAL: Final = 1 << 18  # Han that only traditional Chinese uses
# Where words end, made from the others when the tables are read (`_with_edges`).
AFFIX: Final = 1 << 19  # a token of its own at either end of a chunk
PREFIX: Final = 1 << 20  # at its begin: affixes, currencies, % = §
PARTING: Final = 1 << 21  # parts a chunk anywhere
ALONE: Final = 1 << 22  # beyond ASCII, a token of its own whatever stands around it
SCRIPT_SHIFT: Final = 24

ASCII_AFFIXES: Final = "!\"#&'()*,:;<>?[]_`{}"
ASCII_PREFIXES: Final = ASCII_AFFIXES + "$%="

# ISO 15924. Index 0 is "no script of its own" (Zyyy: common, inherited, or none of these).
# The second column is how the names of the script's code points begin.
SCRIPT_NAMES: Final[tuple[tuple[str, tuple[str, ...]], ...]] = (
    ("Zyyy", ()),
    (
        "Latn",
        (
            "LATIN ",
            "FULLWIDTH LATIN ",
            "KELVIN SIGN",
            "ANGSTROM SIGN",
            "FEMININE ORDINAL",
            "MASCULINE ORDINAL",
        ),
    ),
    ("Cyrl", ("CYRILLIC ",)),
    (
        "Hani",
        (
            "CJK ",
            "IDEOGRAPHIC ITERATION",
            "IDEOGRAPHIC NUMBER ZERO",
            "IDEOGRAPHIC CLOSING",
            "HANGZHOU NUMERAL",
            "KANGXI RADICAL",
            "VERTICAL IDEOGRAPHIC ITERATION",
        ),
    ),
    (
        "Kana",
        (
            "HIRAGANA ",
            "KATAKANA ",
            "KATAKANA-HIRAGANA ",
            "HALFWIDTH KATAKANA",
            "HENTAIGANA ",
            "COMBINING KATAKANA-HIRAGANA ",
        ),
    ),
    ("Hang", ("HANGUL ", "HALFWIDTH HANGUL ")),
    ("Arab", ("ARABIC ",)),
    ("Grek", ("GREEK ",)),
    ("Hebr", ("HEBREW ",)),
    ("Thai", ("THAI ",)),
    ("Deva", ("DEVANAGARI ",)),
    ("Beng", ("BENGALI ",)),
    ("Guru", ("GURMUKHI ",)),
    ("Gujr", ("GUJARATI ",)),
    ("Orya", ("ORIYA ",)),
    ("Taml", ("TAMIL ",)),
    ("Telu", ("TELUGU ",)),
    ("Knda", ("KANNADA ",)),
    ("Mlym", ("MALAYALAM ",)),
    ("Sinh", ("SINHALA ",)),
    ("Laoo", ("LAO ",)),
    ("Tibt", ("TIBETAN ",)),
    ("Mymr", ("MYANMAR ",)),
    ("Khmr", ("KHMER ",)),
    ("Geor", ("GEORGIAN ",)),
    ("Armn", ("ARMENIAN ",)),
    ("Ethi", ("ETHIOPIC ",)),
    ("Mong", ("MONGOLIAN ",)),
    ("Syrc", ("SYRIAC ",)),
    ("Thaa", ("THAANA ",)),
    ("Nkoo", ("NKO ",)),
    ("Bopo", ("BOPOMOFO ",)),
    ("Yiii", ("YI ",)),
    ("Cher", ("CHEROKEE ",)),
    ("Cans", ("CANADIAN SYLLABICS ",)),
    ("Tfng", ("TIFINAGH ",)),
    ("Vaii", ("VAI ",)),
    ("Olck", ("OL CHIKI ",)),
    ("Mtei", ("MEETEI MAYEK ",)),
    ("Java", ("JAVANESE ",)),
    ("Bali", ("BALINESE ",)),
    ("Sund", ("SUNDANESE ",)),
    ("Bugi", ("BUGINESE ",)),
    ("Batk", ("BATAK ",)),
    ("Cham", ("CHAM ",)),
    ("Tale", ("TAI LE ",)),
    ("Talu", ("NEW TAI LUE ",)),
    ("Lana", ("TAI THAM ",)),
    ("Tavt", ("TAI VIET ",)),
    ("Lisu", ("LISU ",)),
    ("Limb", ("LIMBU ",)),
    ("Lepc", ("LEPCHA ",)),
    ("Sylo", ("SYLOTI NAGRI ",)),
    ("Saur", ("SAURASHTRA ",)),
    ("Kali", ("KAYAH LI ",)),
    ("Rjng", ("REJANG ",)),
    ("Phag", ("PHAGS-PA ",)),
    ("Tglg", ("TAGALOG ",)),
    ("Hano", ("HANUNOO ",)),
    ("Buhd", ("BUHID ",)),
    ("Tagb", ("TAGBANWA ",)),
    ("Copt", ("COPTIC ",)),
    ("Goth", ("GOTHIC ",)),
    ("Glag", ("GLAGOLITIC ",)),
    ("Runr", ("RUNIC ",)),
    ("Ogam", ("OGHAM ",)),
    ("Samr", ("SAMARITAN ",)),
    ("Mand", ("MANDAIC ",)),
    ("Bamu", ("BAMUM ",)),
    ("Adlm", ("ADLAM ",)),
    ("Osge", ("OSAGE ",)),
    ("Rohg", ("HANIFI ROHINGYA ",)),
    ("Cakm", ("CHAKMA ",)),
    ("Newa", ("NEWA ",)),
    ("Xsux", ("CUNEIFORM ",)),
    ("Egyp", ("EGYPTIAN HIEROGLYPH",)),
    ("Tang", ("TANGUT ",)),
    ("Zzzz", ()),  # letters of a script that has no row here
)
SCRIPTS: Final[tuple[str, ...]] = tuple(code for code, _ in SCRIPT_NAMES)

# Results of the fold besides a code point.
FOLD_DROPPED: Final = -1  # combining and format characters leave nothing
FOLD_SEQUENCE: Final = -2  # row (-2 - value) of `fold_sequences`


@dataclass(frozen=True)
class UnicodeTables:
    """Flat tables, indexed by code point (0x110000 entries each), read-only."""

    unicode_version: str
    flags: npt.NDArray[np.uint32]
    """Property bits, and the script's index in `SCRIPTS` << SCRIPT_SHIFT."""
    lower: npt.NDArray[np.int32]
    """Lower case where that is one code point, else the code point itself."""
    fold: npt.NDArray[np.int32]
    """What shingles are made of: a code point, U+0020 for a separator, '0' for a digit,
    FOLD_DROPPED, or a row of `fold_sequences`."""
    fold_sequences: npt.NDArray[np.int32]
    """shape (n, 3): folds of two or three code points, ended by -1."""


@lru_cache(maxsize=1)
def tables() -> UnicodeTables:
    """The tables, read and expanded once a process (13 MB, some 20 ms)."""
    size = MAX_CODE_POINT + 1
    with np.load(TABLE_FILE) as stored:
        starts = stored["flag_starts"]
        flags = np.repeat(stored["flag_values"], np.diff(np.append(starts, size)))
        for bit, characters in zip((SIMPLIFIED, TRADITIONAL), han_pairs(), strict=True):
            flags[[ord(character) for character in characters]] |= np.uint32(bit)
        lower = np.arange(size, dtype=np.int32)
        lower[stored["lower_from"]] = stored["lower_to"]
        fold_starts = stored["fold_starts"]
        deltas = np.repeat(stored["fold_deltas"], np.diff(np.append(fold_starts, size)))
        relative = np.repeat(stored["fold_relative"], np.diff(np.append(fold_starts, size)))
        fold = np.where(relative, np.arange(size, dtype=np.int32) + deltas, deltas)
        sequences = np.ascontiguousarray(stored["fold_sequences"].astype(np.int32))
        version = str(json.loads(str(stored["meta"]))["unicode_version"])
    flags = _with_edges(flags)
    for table in (flags, lower, fold, sequences):
        table.setflags(write=False)
    return UnicodeTables(version, flags, lower, fold.astype(np.int32, copy=False), sequences)


def han_pairs() -> tuple[str, str]:
    """The characters that only simplified, and those that only traditional Chinese uses."""
    lines = HAN_PAIRS_FILE.read_text(encoding="utf-8").splitlines()
    pairs = " ".join(line for line in lines if not line.startswith("#")).split()
    return "".join(p[0] for p in pairs if p[0] != "-"), "".join(p[1] for p in pairs)


def _with_edges(flags: npt.NDArray[np.uint32]) -> npt.NDArray[np.uint32]:
    """The flags with AFFIX, PREFIX, PARTING and ALONE.

    Punctuation beyond ASCII is an affix, but for hyphens and bullets; so are pictures (symbols
    that are no arrows, operators or currencies). Pictures, ellipses and other scripts' punctuation
    part words; quotes and dashes of Latin text do not.
    """
    point = np.arange(len(flags), dtype=np.int32)
    beyond = point > 0x7F
    mark = beyond & (flags & PUNCTUATION != 0) & ~np.isin(point, [0x2010, 0x2011, 0x2012, 0x2015])
    mark &= point != 0x2022
    other = beyond & (flags & (WORD | JOINED | SPACE | PUNCTUATION) == 0)
    picture = np.isin(point, [0xA6, 0xA9, 0xAE, 0xB0]) | (point >= 0x2300)
    picture |= ((point >= 0x2100) & (point < 0x2150)) | ((point >= 0x2195) & (point < 0x2200))
    picture &= other
    latin = (point < 0x100) | ((point >= 0x2010) & (point < 0x2040))
    currency = ((point >= 0xA2) & (point <= 0xA5)) | ((point >= 0x20A0) & (point <= 0x20CF))
    ascii_affix = np.isin(point, [ord(char) for char in ASCII_AFFIXES])
    affix = ascii_affix | mark | picture | (point == 0xB4)
    prefix = affix | currency | np.isin(point, [ord(char) for char in ASCII_PREFIXES])
    parting = picture | (mark & (~latin | (point == 0x2026)))
    alone = (flags & IDEOGRAPH != 0) | (prefix & beyond)
    alone &= ~np.isin(point, [0x2019, 0x200B])  # 's; a zero-width space is no token
    edges = AFFIX * affix + PREFIX * prefix + PARTING * parting + ALONE * alone
    return np.asarray(flags | edges, dtype=np.uint32)


def unicode_version() -> str:
    """The Unicode version that the tables were made from, such as ``15.1.0``."""
    return tables().unicode_version
