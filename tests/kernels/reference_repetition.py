"""Slow, obvious reference of the repetition signals, on Python strings. RULES.md section 2."""

from __future__ import annotations

import re
from collections import Counter

from reference_text import ratio, tokens


def duplicates(pieces: list[str]) -> tuple[int, int]:
    """Second and later occurrences: how many, and their characters."""
    again = [piece for i, piece in enumerate(pieces) if piece in set(pieces[:i])]
    return len(again), sum(map(len, again))


def joined(words: list[str], n: int, by: str) -> list[str]:
    return [by.join(words[i : i + n]) for i in range(len(words) - n + 1)]


def top_characters(words: list[str], n: int) -> int:
    grams = joined(words, n, " ")
    if not grams:
        return 0
    times = Counter(grams)
    top = max(grams, key=lambda gram: times[gram])  # of equals the first
    return len(top) * times[top]


def dup_characters(words: list[str], n: int) -> int:
    seen: set[str] = set()
    total, at = 0, 0
    grams = joined(words, n, "")
    while at < len(grams):
        if grams[at] in seen:
            total += len(grams[at])
            at += n
        else:
            seen.add(grams[at])
            at += 1
    return total


def signals(text: str) -> dict[str, float]:
    paragraphs, lines = re.split(r"\n{2,}", text.strip()), re.split(r"\n+", text)
    words = tokens(text)
    found = {}
    for name, pieces in (("paragraph", paragraphs), ("line", lines)):
        count, characters = duplicates(pieces)
        found[f"dup_{name}_ratio"] = ratio(count, len(pieces))
        found[f"dup_{name}_char_ratio"] = ratio(characters, len(text))
    for n in (2, 3, 4):
        found[f"top_{n}gram_char_ratio"] = ratio(top_characters(words, n), len(text))
    for n in (5, 6, 7, 8, 9, 10, 13):
        found[f"dup_{n}gram_char_ratio"] = ratio(dup_characters(words, n), len(text))
    return found
