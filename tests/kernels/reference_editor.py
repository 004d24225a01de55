"""Slow, obvious references of the line editor and the bad words."""

from __future__ import annotations

import re
from dataclasses import dataclass

from reference_text import has, lower, sentence_count, tokens

from lakeprep.kernels import unicode as u

MARKS = re.compile(r"\[\d*\]|\[edit\]|\[citation needed\]")
POLICIES = (
    "terms of use", "privacy policy", "cookie policy", "uses cookies", "use of cookies",
    "use cookies",
)  # fmt: skip


@dataclass
class Edited:
    text: str
    edited_line_ratio: float
    lorem_ipsum: bool
    curly_bracket: bool
    sentence_count: int


def edit(text: str, *, terminal_marks: bool = False) -> Edited:
    """RULES.md section 4, line by line."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    kept: list[str] = []
    edited, lorem, curly = 0, False, False
    for line in lines:
        words = line.split()
        if any(len(word) > 1000 for word in words):
            edited += 1
            continue
        short = MARKS.sub("", line)
        if terminal_marks and (
            not short.endswith((".", "?", "!", '"', "'")) or short[-3:] == "..."
        ):
            edited += 1
            continue
        if len(words) < 3:
            edited += 1
            continue
        lower = short.lower()
        lorem |= "lorem ipsum" in lower
        if "javascript" in lower:
            edited += 1
            continue
        curly |= "{" in short
        if any(policy in lower for policy in POLICIES):
            edited += 1
            continue
        edited += short != line
        kept.append(short)
    return Edited(
        text="\n".join(kept).strip(),
        edited_line_ratio=edited / len(lines) if lines else 0.0,
        lorem_ipsum=lorem,
        curly_bracket=curly,
        sentence_count=sum(sentence_count(tokens(line)) for line in kept),
    )


def bad_words(text: str, entries: list[str], *, whole: bool) -> int:
    """Entries in the text, from left to right, the longest at each place."""
    text = re.sub(r"\s+", " ", "".join(lower(c) for c in text))
    known = {" ".join(entry.split()) for entry in map(lower, entries)} - {""}
    by_length = sorted(known, key=len, reverse=True)
    count, at = 0, 0
    while at < len(text):
        if not (whole and at > 0 and is_word(text[at - 1])):
            for entry in by_length:
                end = at + len(entry)
                if text[at:end] == entry and not (whole and is_word(text[end : end + 1])):
                    count, at = count + 1, end - 1
                    break
        at += 1
    return count


def is_word(char: str) -> bool:
    return char == "_" or (char != "" and has(char, u.WORD))
