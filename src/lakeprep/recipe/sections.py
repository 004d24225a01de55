"""The sections of a recipe, checked and frozen, with stable hashes.

A recipe has two parts. `score` says what is computed for every page; the rest says what is
decided from it. Each part has its own hash, stamped on what was made with it.
"""

from __future__ import annotations

import difflib
import hashlib
import json
from functools import cached_property
from typing import Annotated, Literal

from pydantic import Field, PrivateAttr, field_validator, model_validator

from lakeprep.lake.schema import table_schema
from lakeprep.recipe.base import Language, Place, Ratio, Section
from lakeprep.recipe.url import Url

_MIB = 1 << 20


class Ingest(Section):
    """How inputs are read. Not hashed: it adds pages, and changes none."""

    fields: dict[Literal["url", "text", "html", "id", "fetched_at"], str] = Field(
        default_factory=dict
    )
    max_record_bytes: Annotated[int, Field(gt=0)] = 64 * _MIB
    max_body_bytes: Annotated[int, Field(gt=0, le=1024 * _MIB)] = 32 * _MIB


class Score(Section):
    """What is computed for every page."""

    extractor: Literal["resiliparse", "trafilatura"] = "resiliparse"
    language_identifier: Literal["fasttext", "langdetect"] = "fasttext"
    max_html_bytes: Annotated[int, Field(gt=0)] = 10 * _MIB
    bands: Annotated[int, Field(ge=1, le=64)] = 14
    rows: Annotated[int, Field(ge=1, le=32)] = 8
    line_editor: Literal["c4"] | None = None
    line_editor_terminal_marks: bool = False
    #: Files by language, one entry a line.
    bad_words: dict[Language, Place] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _editor_is_on(self) -> Score:
        if self.line_editor_terminal_marks and self.line_editor is None:
            raise ValueError("line_editor_terminal_marks needs line_editor: c4")
        return self


class Languages(Section):
    """Which documents are in a language that the data set wants."""

    keep: tuple[Language, ...] | None = None
    min_score: Ratio = 0.0
    min_scores: dict[Language, Ratio] = Field(default_factory=dict)


class Bounds(Section):
    """What a signal must keep: `min` <= signal <= `max`; a bound that is None is none."""

    min: float | None = None
    max: float | None = None

    @model_validator(mode="after")
    def _some(self) -> Bounds:
        if self.min is None and self.max is None:
            raise ValueError("needs min or max")
        return self


class Rule(Section):
    """A document fails if the signal is below `min` or above `max`, strictly.

    `by_language` has bounds that stand in place of the rule's own for documents of that language;
    where the rule has none of its own, documents of other languages are not tested. `source` says
    where the numbers come from; it is for readers and not hashed.
    """

    signal: str
    min: float | None = None
    max: float | None = None
    languages: frozenset[Language] | None = None
    except_languages: frozenset[Language] | None = None
    by_language: dict[Language, Bounds] = Field(default_factory=dict)
    name: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")] = ""
    source: str = ""

    @field_validator("signal")
    @classmethod
    def _known(cls, signal: str) -> str:
        if fault := unknown_signal(signal):
            raise ValueError(fault)
        return signal

    @model_validator(mode="after")
    def _possible(self) -> Rule:
        if self.min is None and self.max is None and not self.by_language:
            raise ValueError(f"rule on {self.signal}: needs min or max")
        self._check_bounds(self.min, self.max)
        for bounds in self.by_language.values():
            self._check_bounds(bounds.min, bounds.max)
        if self.languages is not None and self.except_languages is not None:
            raise ValueError(f"rule on {self.signal}: languages and except_languages exclude")
        beside = set(self.by_language) & (self.except_languages or set())
        if self.languages is not None:
            beside |= set(self.by_language) - self.languages
        if beside:
            raise ValueError(
                f"rule on {self.signal}: by_language has bounds for {', '.join(sorted(beside))}, "
                "to which the rule does not apply"
            )
        return self

    def _check_bounds(self, low: float | None, high: float | None) -> None:
        if low is not None and high is not None and low > high:
            raise ValueError(
                f"rule on {self.signal}: min {low:g} is above max {high:g}; no document could pass"
            )
        if high is not None and high < 0:
            raise ValueError(f"rule on {self.signal}: max {high:g} is below 0")
        if low is not None and low > 1 and self.signal.endswith("_ratio"):
            raise ValueError(f"rule on {self.signal}: min {low:g} is above 1; it is a ratio")

    @property
    def reason(self) -> str:
        """What a failing document's `reasons` say."""
        return self.name or self.signal


class Near(Section):
    """Near duplicates: verified Jaccard similarity of the shingles, and optionally the share of a
    document's shingles that a longer one has."""

    min_jaccard: Annotated[float, Field(gt=0, le=1)] = 0.8
    min_containment: Annotated[float, Field(gt=0, le=1)] | None = None


class Duplicates(Section):
    """Which duplicates are dropped, and which of them survives: the first capture, the latest, the
    one with the most words, or the one with the highest `best_by` (a signal). `max_bucket`: the
    members of a bucket that later documents are compared with."""

    url: bool = True
    exact: bool = True
    near: Near | None = Near()
    policy: Literal["first", "latest", "longest", "best"] = "first"
    best_by: str | None = None
    max_bucket: Annotated[int, Field(ge=2, le=256)] = 16

    @model_validator(mode="after")
    def _best_by(self) -> Duplicates:
        if (self.policy == "best") != (self.best_by is not None):
            raise ValueError("policy: best and best_by (a signal) go together")
        if self.best_by is not None and (fault := unknown_signal(self.best_by)):
            raise ValueError(f"best_by: {fault}")
        return self


class SiteLines(Section):
    """Lines on at least `min_pages` pages of a site are boilerplate."""

    min_pages: Annotated[int, Field(ge=2)]
    site: Literal["host", "domain"] = "host"


class Passages(Section):
    """Passages seen before are taken out of later documents (RULES.md, section 10;
    docs/passages.md); one left with fewer words or sentences than these is filtered."""

    unit: Literal["sentences", "paragraphs"] | None = None
    window: Annotated[int, Field(ge=1, le=16)] = 3
    min_words: Annotated[int, Field(ge=1)] = 50
    min_sentences: Annotated[int, Field(ge=1)] = 3
    site_lines: SiteLines | None = None

    @property
    def is_on(self) -> bool:
        return self.unit is not None or self.site_lines is not None

    @model_validator(mode="after")
    def _of_use(self) -> Passages:
        if "window" in self.model_fields_set and self.unit != "sentences":
            raise ValueError("window needs unit: sentences")
        if self.model_fields_set - {"unit", "site_lines"} and not self.is_on:
            raise ValueError("needs unit, site_lines or both")
        return self


class Masking(Section):
    """Kinds of personal data masked in gold."""

    kinds: frozenset[Literal["email", "ipv4", "phone"]] = frozenset({"email", "ipv4", "phone"})


class Gates(Section):
    """What a release must hold."""

    min_documents: Annotated[int, Field(ge=1)] = 1


class Recipe(Section):
    """A whole recipe. `name` is the data set's name unless another is given."""

    name: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,63}$")]
    description: str = ""
    ingest: Ingest = Ingest()
    score: Score = Score()
    languages: Languages = Languages()
    url: Url = Url()
    rules: tuple[Rule, ...] = ()
    duplicates: Duplicates = Duplicates()
    passages: Passages = Passages()
    masking: Masking = Masking()
    gates: Gates = Gates()
    _bad_words: dict[str, tuple[str, ...]] = PrivateAttr(default_factory=dict)

    @field_validator("name")
    @classmethod
    def _no_other_table(cls, name: str) -> str:
        if name.endswith(("_outcomes", "_passages")):
            raise ValueError("a data set's name must not end in _outcomes or _passages")
        return name

    @model_validator(mode="after")
    def _passages_of_what_stands(self) -> Recipe:
        if self.passages.is_on and self.duplicates.policy != "first":
            raise ValueError(
                "passages need duplicates.policy: first; under another one a document may lose its "
                "place, and the passages that others lost in its favour would be nowhere"
            )
        return self

    @cached_property
    def score_hash(self) -> str:
        """Hash of what is computed."""
        return _hash(self._score_parts())

    @cached_property
    def hash(self) -> str:
        """Hash of what is computed and decided; not of names, prose or how inputs are read."""
        unhashed = ("name", "description", "ingest", "gates", "url")
        parts = self.model_dump(
            mode="json", exclude={**dict.fromkeys(unhashed, True), "rules": {"__all__": {"source"}}}
        )
        return _hash({**parts, "url": self.url.content(), "score": self._score_parts()})

    def _score_parts(self) -> dict[str, object]:
        """The `score` section with the contents of its lists in the place of their paths."""
        return self.score.model_dump(mode="json") | {"bad_words": self._bad_words}

    @property
    def bad_words(self) -> dict[str, tuple[str, ...]]:
        """Entries of the lists that `score.bad_words` names, by language, as loaded."""
        return self._bad_words


def signal_names() -> list[str]:
    """Signals that a rule may name: the fields of `silver.documents.signals`."""
    columns = {column.name: column for column in table_schema("silver.documents").columns}
    return [field.name for field in columns["signals"].type.fields]


def unknown_signal(signal: str) -> str | None:
    """None for a signal that there is; else what is wrong with it, and the nearest names."""
    known = signal_names()
    if signal in known:
        return None
    near = difflib.get_close_matches(signal, known, n=3)
    hint = f"did you mean {', '.join(near)}?" if near else f"known: {', '.join(known)}"
    return f"unknown signal {signal!r}; {hint}"


def _hash(value: object) -> str:
    canonical = json.dumps(_sorted(value), sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()[:16]


def _sorted(value: object) -> object:
    """Sets come out of pydantic as lists in no order; a recipe's lists mean sets, but for rules,
    whose order does not matter either."""
    if isinstance(value, dict):
        return {key: _sorted(item) for key, item in value.items()}
    if isinstance(value, list):
        return sorted(
            (_sorted(item) for item in value), key=lambda i: json.dumps(i, sort_keys=True)
        )
    return value
