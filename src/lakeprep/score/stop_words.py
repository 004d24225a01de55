"""Stop words by language: `data/stop_words.yaml`, read once a process."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

import yaml

from lakeprep.resources import resource


@cache
def stop_words() -> Mapping[str, frozenset[str]]:
    """Language code -> its stop words."""
    text = resource("data", "stop_words.yaml").read_text(encoding="utf-8")
    # BaseLoader: the words `no` and `y` are words, not booleans.
    listed = yaml.load(text, Loader=yaml.BaseLoader)  # noqa: S506 (it makes nothing but strings)
    return {language: frozenset(words) for language, words in listed.items()}
