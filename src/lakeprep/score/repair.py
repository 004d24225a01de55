"""Text repair: undo what encodings, entities and copying did to a text, and nothing else.

RULES.md section 11: HTML entities, mojibake, C1 controls, surrogates and lone control characters
are repaired; ligatures, full-width forms and quotes are kept. ftfy is the field's tool for it but
walks every character several times, so a scan in C picks the lines that have something for it.
"""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING, Final

import numpy as np
import numpy.typing as npt

from lakeprep.kernels.page_bytes import marks_of

if TYPE_CHECKING:
    from ftfy import TextFixerConfig

# Longer texts are only rid of control characters, and of one text at most so many characters go to
# ftfy (about two seconds' worth): beyond that it is an attack or no text.
MAX_REPAIRED_CHARS: Final = 4_000_000
_FTFY_CHARS: Final = 1_000_000

# What the bytes 0x80 to 0xBF, which continue a UTF-8 character, look like in each code page.
_CONTINUED_1252: Final = "€‚ƒ„…†‡ˆ‰Š‹ŒŽ‘’“”•–—˜™š›œžŸ\u00a0-\u00bf"
_CONTINUED_1251: Final = "ЂЃѓ‚„…†‡€‰Љ‹ЊЌЋЏђ‘’“”•–—™љ›њќћџЎўЈҐЁЄЇІіґё№єјЅѕї\u00a0-\u00bf"
_CONTINUED_1250: Final = "€‚„…†‡‰Š‹ŚŤŽŹ‘’“”•–—™š›śťžźˇ˘ŁĄŞŻ˛łąşĽ˝ľż\u00a0-\u00bf"

# A line is worth ftfy's time if it has a C1 control, a surrogate, a terminal escape, an entity, or
# the lead and continuation bytes of UTF-8 read in windows-1252, -1251, -1250, Mac Roman or cp437:
# a character of the first class, followed by the second.
_ENTITY: Final = "(?:#[0-9]{1,7};|#[xX][0-9A-Fa-f]{1,6};|[A-Za-z][A-Za-z0-9]{1,30};)"
_SURROGATES: Final = "\ud800-\udfff"
_SIGNS: Final = (
    ("\x1b\x80-\x9f", ""),
    ("&", _ENTITY),
    ("Â-Û", f"[{_CONTINUED_1252}]"),
    ("à-ð", f"[{_CONTINUED_1252}]{{2}}"),
    ("РС", f"[{_CONTINUED_1251}]"),
    ("ВГ", "[\u00a0-\u00bf]"),
    ("в", "Ђ"),
    ("ĂĹĽ", f"[{_CONTINUED_1250}]"),
    ("√", "[©®°±≤≥¥∂∑≠´¨≈µ]"),
    ("‚", "Ä"),
    ("├┬", "[\u00a0-\u25ff]"),
    ("Γ", "[ÇÉ]"),
)
# One class of first characters and a look back, because Python's engine searches for a class at
# the speed of memory, and for alternatives five times slower.
_SUSPECT: Final = re.compile(
    f"[{_SURROGATES}{''.join(first for first, _ in _SIGNS)}](?:(?<=[{_SURROGATES}])|"
    + "|".join(f"(?<=[{first}]){second}" for first, second in _SIGNS)
    + ")"
)
# Deleted wherever they stand: ASCII controls that are no white space, C1 controls (those that stand
# for a windows-1252 character have been made one by then), deprecated format characters
# (https://www.unicode.org/reports/tr20/), byte order marks and surrogates. Joiners and
# bidirectional marks stay: they are part of Persian, Hindi and Arabic text.
_DELETED: Final = "\x00-\x08\x0b-\x0b\x0e-\x1f\x7f-\x9f\u206a-\u206f\ufeff-\ufeff\ufff9-\ufffc"
_CONTROLS: Final = re.compile(f"[{_DELETED}{_SURROGATES}]+")

# What a character says of a text that holds it: `_newlines`, `_CONTROLS` or `_SUSPECT` has work.
_RETURN, _CONTROL, _FIRST = 1, 2, 4

REPAIRABLE: Final = "|".join(
    (f"[\r{_DELETED}]", *(first and f"[{first}]{second}" for first, second in _SIGNS))
)
"""RE2, over UTF-8: what a text of at most `MAX_REPAIRED_CHARS` has to have for `repair_text` to
change it."""


def repair_text(text: str) -> str:
    """The repaired text: line ends are `\\n`, no control characters, no lone surrogates.

    Linear in the length of the text; idempotent but for entities that were escaped twice, of which
    each call undoes one level.
    """
    marks = _marks_of(text)
    if marks & _RETURN:
        text = _newlines(text)
    if marks & _FIRST and len(text) <= MAX_REPAIRED_CHARS and _SUSPECT.search(text) is not None:
        text = _newlines(_repair_suspect_lines(text))
        marks = _marks_of(text)
    return _CONTROLS.sub("", text) if marks & _CONTROL else text


def _marks_of(text: str) -> int:
    """What the text may hold, asked of a kernel: Python's engine takes ten times as long to look
    through a text that has nothing."""
    return marks_of(np.frombuffer(text.encode("utf-8", "surrogatepass"), np.uint8), _mark_table())


@cache
def _mark_table() -> npt.NDArray[np.uint8]:
    """The marks of each code point below 0x10000."""
    table = np.zeros(0x10000, dtype=np.uint8)
    everything = "".join(map(chr, range(len(table))))
    for mark, characters in (
        (_RETURN, "\r"),
        (_CONTROL, _DELETED + _SURROGATES),
        (_FIRST, _SURROGATES + "".join(first for first, _ in _SIGNS)),
    ):
        for found in re.finditer(f"[{characters}]", everything):
            table[found.start()] |= mark
    return table


def _newlines(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _repair_suspect_lines(text: str) -> str:
    """The text with ftfy applied to each line that has a suspect place, as far as its budget
    reaches."""
    from ftfy import fix_text

    parts: list[str] = []
    budget = _FTFY_CHARS
    position = 0
    while suspect := _SUSPECT.search(text, position):
        start = text.rfind("\n", position, suspect.start()) + 1 or position
        end = text.find("\n", suspect.start())
        end = len(text) if end < 0 else end
        budget -= end - start
        if budget < 0:
            break
        parts += (text[position:start], fix_text(text[start:end], _ftfy_choices()))
        position = end
    parts.append(text[position:])
    return "".join(parts)


@cache
def _ftfy_choices() -> TextFixerConfig:
    """RULES.md section 11, last line. Line breaks and control characters are dealt with here."""
    from ftfy import TextFixerConfig

    return TextFixerConfig(
        unescape_html="auto",
        fix_encoding=True,
        fix_c1_controls=True,
        fix_surrogates=True,
        fix_latin_ligatures=False,
        fix_character_width=False,
        uncurl_quotes=False,
        fix_line_breaks=False,
        remove_control_chars=False,
        normalization=None,
        explain=False,
    )
