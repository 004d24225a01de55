"""Lists of bad words that recipes name: read once, on the driver, before Spark starts."""

from __future__ import annotations

from typing import Final

from lakeprep.errors import InputError, RecipeError
from lakeprep.ingest.sources import open_source

LONGEST_ENTRY: Final = 64
"""Characters of an entry, which bound the work at one place of a text (`kernels.bad_words`)."""

# Parts of ordinary words where nothing stands between words: C4 allows them, since each of them
# drops more than a tenth of the pages of its language (RULES.md, section 4).
_ALLOWED: Final = {"ja": frozenset(("sm", "グロ", "女の子")), "zh": frozenset(("性",))}


def read_bad_words(place: str, language: str) -> tuple[str, ...]:
    """The entries of a UTF-8 file (a local path or an s3:// URL), one a line, sorted, without blank
    lines and those C4 allows.

    Raises:
        RecipeError: the file cannot be read, is no UTF-8 text, is empty, or has an entry of more
            than LONGEST_ENTRY characters.
    """
    what = f"score.bad_words.{language}: {place}"
    try:
        lines = _content(place).decode("utf-8-sig").split("\n")
    except InputError as error:
        raise RecipeError(f"score.bad_words.{language}: {error}") from None
    except UnicodeDecodeError as error:
        raise RecipeError(f"{what}: not UTF-8 text (byte {error.start})") from None
    entries = {" ".join(line.split()) for line in lines} - {""}
    for entry in sorted(entries):
        if len(entry) > LONGEST_ENTRY or "\0" in entry:
            raise RecipeError(
                f"{what}: no word list: an entry of {len(entry)} characters "
                f"({entry[:40]!r}); at most {LONGEST_ENTRY}"
            )
    if not entries:
        raise RecipeError(f"{what}: no entries")
    return tuple(sorted(entries - _ALLOWED.get(language, frozenset())))


def _content(place: str) -> bytes:
    source = open_source(place)
    try:
        return source.read(0, source.size)
    finally:
        source.close()
