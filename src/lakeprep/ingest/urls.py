"""A URL as found in a record, made fit to store and to compare; not normalised further."""

from __future__ import annotations

import re
from urllib.parse import quote

from lakeprep.ingest.records import scalar_text

MAX_URL_CHARS = 8192
"""Longer ones are data: URLs and traps; servers and crawlers refuse them as well."""

_INSIDE = re.compile(r"[\s\x00-\x20\x7f-\x9f\u2028\u2029]")
_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.\-]{0,31}):")


def clean_url(raw: str) -> str | None:
    """The URL without surrounding white space or angle brackets (wget writes them), line breaks
    and tabs inside removed as browsers do, other blanks and control characters percent-encoded.
    None where nothing usable is left: empty, or longer than MAX_URL_CHARS."""
    text = scalar_text(raw[: MAX_URL_CHARS * 2]).strip()
    if text.startswith("<") and text.endswith(">"):
        text = text[1:-1].strip()
    for char in "\t\r\n":
        text = text.replace(char, "")
    text = _INSIDE.sub(lambda found: quote(found.group()), text)
    return text if 0 < len(text) <= MAX_URL_CHARS else None


def scheme_of(url: str) -> str:
    """Lower-case scheme, or the empty string."""
    found = _SCHEME.match(url)
    return found.group(1).lower() if found else ""
