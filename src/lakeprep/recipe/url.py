"""The section `url` of a recipe: lists of blocked URLs."""

from __future__ import annotations

import re
from functools import cached_property
from typing import TYPE_CHECKING, Literal

from pydantic import ValidationInfo, field_validator, model_validator

from lakeprep.recipe.base import Place, Section

if TYPE_CHECKING:
    from lakeprep.lists.compiled import Compiled

Kind = Literal["domains", "hosts", "urls", "words", "soft_words", "substrings"]


class Entries(Section):
    """A list: in the recipe (a YAML list stands for `entries`), in files, or both."""

    entries: frozenset[str] = frozenset()
    file: tuple[Place, ...] = ()

    @model_validator(mode="before")
    @classmethod
    def _short_forms(cls, given: object) -> object:
        if isinstance(given, (list, tuple, set, frozenset)):
            return {"entries": given}
        if isinstance(given, dict) and isinstance(given.get("file"), str):
            return {**given, "file": [given["file"]]}
        return given


class Url(Section):
    """Blocked URLs (RULES.md, section 8; docs/url-lists.md). Domains block every host below them,
    hosts themselves. Words are whole ones, in lower case, between non-alphanumerics; two different
    soft words block; substrings are sought in the URL's letters and digits, lower-cased."""

    lists: tuple[Place, ...] = ()
    blocked_domains: Entries = Entries()
    blocked_hosts: Entries = Entries()
    blocked_urls: Entries = Entries()
    blocked_words: Entries = Entries()
    soft_words: Entries = Entries()
    substrings: Entries = Entries()

    @field_validator("blocked_domains", "blocked_hosts", "blocked_urls")
    @classmethod
    def _addresses(cls, given: Entries, info: ValidationInfo) -> Entries:
        from lakeprep.score.url import features_of

        for entry in sorted(given.entries):
            is_url = info.field_name == "blocked_urls"
            host = features_of(entry if is_url else f"//{entry}").host
            if host is None or ("/" in entry and not is_url):
                hint = f"; did you mean {named}?" if (named := features_of(entry).host) else ""
                raise ValueError(f"{entry!r} is no {'URL' if is_url else 'host name'}{hint}")
        return given

    @field_validator("blocked_words", "soft_words", "substrings")
    @classmethod
    def _plain_words(cls, given: Entries) -> Entries:
        for entry in sorted(given.entries):
            if not re.fullmatch("[a-z0-9]+", entry):
                raise ValueError(f"{entry!r} has other characters than a-z and 0-9")
        return given

    def by_kind(self) -> dict[Kind, Entries]:
        return {
            "domains": self.blocked_domains,
            "hosts": self.blocked_hosts,
            "urls": self.blocked_urls,
            "words": self.blocked_words,
            "soft_words": self.soft_words,
            "substrings": self.substrings,
        }

    @property
    def has_files(self) -> bool:
        return bool(self.lists or any(section.file for section in self.by_kind().values()))

    @property
    def is_empty(self) -> bool:
        return not self.has_files and not any(s.entries for s in self.by_kind().values())

    @cached_property
    def compiled(self) -> Compiled:
        """All lists, read now. Raises InputError."""
        from lakeprep.lists.compiled import compiled  # numba

        return compiled(self)

    def content(self) -> object:
        """What is blocked, for the recipe's hash; not where its files lie."""
        if self.has_files:
            return self.compiled.digest
        return {kind: sorted(section.entries) for kind, section in self.by_kind().items()}
