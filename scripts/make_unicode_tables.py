"""Makes src/lakeprep/kernels/unicode_tables.npz from this Python's ``unicodedata``.

    python scripts/make_unicode_tables.py

Run it with the newest Python at hand: the tables record its Unicode version. A newer version
changes signals and signatures of the characters it adds, so it is a change of the score section.
"""

from __future__ import annotations

import json
import sys
import unicodedata

import numpy as np

from lakeprep.kernels import unicode as u

# The reference's punctuation (RULES.md section 1) beyond ASCII and controls, by code point.
SYMBOLS_BEYOND_ASCII = """
00AB 00B4 00BB 2013 2014 2019 201C 201D 201E 2026 2236 2501 25BA 3001 3002 3008 3009 300A 300B
300C 300D 3010 3011 FF01 FF05 FF08 FF09 FF0C FF0E FF11 FF1A FF1B FF1F FF5E
"""
# Sentence-final marks of all scripts, as the reference has them; part of its symbol set as well.
TERMINAL_MARKS = """
0021 002E 003F 0589 061D 061E 061F 06D4 0700 0701 0702 07F9 0837 0839 083D 083E 0964 0965 104A
104B 1362 1367 1368 166E 1735 1736 17D4 17D5 17D6 17D9 17DA 1803 1809 1944 1945 1AA8 1AA9 1AAA
1AAB 1B5A 1B5B 1B5E 1B5F 1B7D 1B7E 1C3B 1C3C 1C7E 1C7F 203C 203D 2047 2048 2049 2E2E 2E3C 2E53
2E54 3002 A4FF A60E A60F A6F3 A6F7 A876 A877 A8CE A8CF A92F A9C8 A9C9 AA5D AA5E AA5F AAF0 AAF1
ABEB FE52 FE56 FE57 FF01 FF0E FF1F FF61 10A56 10A57 10F55 10F56 10F57 10F58 10F59 10F86 10F87
10F88 10F89 11047 11048 110BE 110BF 110C0 110C1 11141 11142 11143 111C5 111C6 111CD 111DE 111DF
11238 11239 1123B 1123C 112A9 1144B 1144C 115C2 115C3 115C9 115CA 115CB 115CC 115CD 115CE 115CF
115D0 115D1 115D2 115D3 115D4 115D5 115D6 115D7 11641 11642 1173C 1173D 1173E 11944 11946 11A42
11A43 11A9B 11A9C 11C41 11C42 11EF7 11EF8 11F43 11F44 16A6E 16A6F 16AF5 16B37 16B38 16B44 16E98
1BC9F 1DA88
"""
BRACKETS = "()[]（）［］【】"
ASCII_PUNCTUATION = "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~"
ZERO_WIDTH_SPACE = "\u200b"


def code_points(text: str) -> set[str]:
    """The characters of a white-space separated list of hexadecimal code points."""
    return {chr(int(token, 16)) for token in text.split()}


TERMINALS = code_points(TERMINAL_MARKS)
CONTROLS = {chr(c) for a, b in ((0, 9), (11, 32), (127, 160)) for c in range(a, b)}
SYMBOLS = set(ASCII_PUNCTUATION) | CONTROLS | code_points(SYMBOLS_BEYOND_ASCII) | TERMINALS


def script_of(char: str, category: str) -> int:
    """Index in SCRIPTS of the script that a character's name tells; 0 for common characters."""
    name = unicodedata.name(char, "")
    for index, (_, prefixes) in enumerate(u.SCRIPT_NAMES):
        if prefixes and name.startswith(prefixes):
            return index
    common = (
        "MODIFIER LETTER",
        "MATHEMATICAL",
        "DOUBLE-STRUCK",
        "SCRIPT ",
        "BLACK-LETTER",
        "MICRO SIGN",
        "EULER",
        "PLANCK",
        "OHM ",
        "TURNED ",
        "ALEF SYM",
        "BET SYM",
        "GIMEL SYM",
        "DALET SYM",
        "INFORMATION",
        "CARON",
        "VERTICAL",
        "MASU",
        "VEDIC",
        "SUPERSCRIPT",
        "ROMAN ",
    )
    if category[0] == "L" and not name.startswith(common):
        return u.SCRIPTS.index("Zzzz")
    return 0


def flags_of(char: str) -> int:
    """All property bits and the script of one character."""
    category = unicodedata.category(char)
    script = script_of(char, category)
    code = u.SCRIPTS[script]
    letter, number, mark = category[0] == "L", category[0] == "N", category[0] == "M"
    own_token = (letter or mark or category == "Nl") and code in ("Hani", "Kana", "Thai")
    bits = {
        u.LETTER: letter,
        u.DIGIT: category == "Nd",
        u.MARK: mark,
        u.SPACE: char.isspace(),
        u.UPPER: char.isupper(),
        u.LOWER: char.islower(),
        u.SYMBOL: char in SYMBOLS,
        u.TERMINAL: char in TERMINALS,
        u.LINE_BREAK: len(f"a{char}b".splitlines()) == 2,
        u.NUMBER: number,
        u.WORD: letter or number or mark,
        u.JOINED: (mark and not own_token) or (category == "Cf" and char != ZERO_WIDTH_SPACE),
        u.IDEOGRAPH: own_token,
        u.HAN: code == "Hani" and (letter or number),
        u.LATIN: code == "Latn" and letter,
        u.BRACKET: char in BRACKETS,
        u.PUNCTUATION: category[0] == "P",
    }
    return sum(bit for bit, holds in bits.items() if holds) | script << u.SCRIPT_SHIFT


def fold_one(char: str) -> str:
    """RULES.md section 9 for one code point of decomposed, lower-cased text."""
    category = unicodedata.category(char)
    if category in ("Mn", "Me") or (category == "Cf" and char != ZERO_WIDTH_SPACE):
        return ""
    if category == "Nd":
        return "0"
    return char if category[0] in "LNM" else " "


def fold_of(char: str) -> str:
    """Lower case, NFD without combining marks, digit to 0, all else that is no word to space."""
    return "".join(fold_one(c) for c in unicodedata.normalize("NFD", char.lower()))


def runs(values: np.ndarray) -> np.ndarray:
    """Where runs of equal rows begin."""
    changed = (
        np.any(values[1:] != values[:-1], axis=1)
        if values.ndim == 2
        else (values[1:] != values[:-1])
    )
    return np.concatenate(([0], np.flatnonzero(changed) + 1)).astype(np.int32)


def main() -> None:
    size = u.MAX_CODE_POINT + 1
    flags = np.zeros(size, dtype=np.uint32)
    lower: dict[int, int] = {}
    fold = np.full(size, ord(" "), dtype=np.int32)
    sequences: list[list[int]] = []
    rows: dict[str, int] = {}
    for point in range(size):
        if 0xD800 <= point <= 0xDFFF:
            continue
        char = chr(point)
        flags[point] = flags_of(char)
        small = char.lower()
        if len(small) == 1 and small != char:
            lower[point] = ord(small)
        folded = fold_of(char)
        if not folded:
            fold[point] = u.FOLD_DROPPED
        elif len(folded) == 1:
            fold[point] = ord(folded)
        else:
            if folded not in rows:
                rows[folded] = len(sequences)
                sequences.append(([ord(c) for c in folded] + [-1, -1])[:3])
                assert len(folded) <= 3, hex(point)
            fold[point] = u.FOLD_SEQUENCE - rows[folded]
    # A fold is stored as its distance to the code point where that makes longer runs.
    distance = fold - np.arange(size, dtype=np.int32)
    kept = (fold > ord("0")).astype(np.int32)
    delta = np.where(kept == 1, distance, fold)
    fold_starts = runs(np.stack((delta, kept), axis=1))
    flag_starts = runs(flags)
    meta = {"unicode_version": unicodedata.unidata_version, "scripts": u.SCRIPTS}
    np.savez_compressed(
        u.TABLE_FILE,
        meta=np.array(json.dumps(meta)),
        flag_starts=flag_starts,
        flag_values=flags[flag_starts],
        lower_from=np.array(list(lower), dtype=np.int32),
        lower_to=np.array(list(lower.values()), dtype=np.int32),
        fold_starts=fold_starts,
        fold_deltas=delta[fold_starts],
        fold_relative=kept[fold_starts].astype(np.bool_),
        fold_sequences=np.array(sequences, dtype=np.int32),
    )
    print(
        f"Unicode {unicodedata.unidata_version}: {len(flag_starts)} flag runs, "
        f"{len(fold_starts)} fold runs, {u.TABLE_FILE.stat().st_size} bytes",
        file=sys.stderr,
    )


if __name__ == "__main__":
    main()
