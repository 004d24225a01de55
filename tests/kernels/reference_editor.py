"""Slow, obvious references of the line editor, the bad words and the mojibake score."""

from __future__ import annotations

import re
from dataclasses import dataclass

from reference_text import sentence_count, tokens

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
        if terminal_marks and (not short.endswith((".", "?", "!", '"', "'")) or short[-3:] == "..."):
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
