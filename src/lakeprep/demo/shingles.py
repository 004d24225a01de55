"""The similarity that the planted truth states: Jaccard over sets of 5-shingles.

Slow and obvious on purpose, and independent of the kernels that are tested against it: lower
case, numbers to 0, no combining marks, punctuation to spaces; a Han or Kana character is a token
of its own.
"""

from __future__ import annotations

import re
import unicodedata

_SIZE = 5
_NUMBER = re.compile(r"\d+")
_OTHER = re.compile(r"[\W_]+")
_TOKEN = re.compile(r"[\u3040-\u30ff\u3400-\u9fff]|[^\s\u3040-\u30ff\u3400-\u9fff]+")


def shingles(text: str) -> frozenset[tuple[str, ...]]:
    plain = "".join(
        c for c in unicodedata.normalize("NFD", text.lower()) if not unicodedata.combining(c)
    )
    tokens = _TOKEN.findall(_OTHER.sub(" ", _NUMBER.sub("0", plain)))
    return frozenset(tuple(tokens[i : i + _SIZE]) for i in range(max(1, len(tokens) - _SIZE + 1)))


def similarity(left: str, right: str) -> float:
    """|A and B| / |A or B| of the two texts' shingles."""
    a, b = shingles(left), shingles(right)
    return len(a & b) / len(a | b)
