"""Articles in Markdown as an extractor would have given them."""

from __future__ import annotations

import re

#: What an extractor would have left out of the page: blocks of code, rules, pictures, the targets
#: of links, tags and addresses, the marks of emphasis, headings, quotations and lists.
MARKUP = (
    (re.compile(r"```.*?```", re.DOTALL), ""),
    (re.compile(r"^[ \t]*[-=*_|: ]{3,}$|^    .*$", re.MULTILINE), ""),
    (re.compile(r"!\[[^\]]*\](\([^)]*\)|\[[^\]]*\])?"), ""),
    (re.compile(r"\[([^\]]*)\](\([^)]*\)|\[[^\]]*\])"), r"\1"),
    (re.compile(r"^\[[^\]]*\]:.*$", re.MULTILINE), ""),
    (re.compile(r"<[^>\n]*>|https?://[!-~]+|[*`]"), ""),
    (re.compile(r"^[ \t]*(#+|>|\+|-)[ \t]*", re.MULTILINE), ""),
    (re.compile(r"\n\s*\n"), "\n\n"),
)


def without_markup(text: str) -> str:
    for pattern, instead in MARKUP:
        text = pattern.sub(instead, text)
    return text.strip()
