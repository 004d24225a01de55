"""What the score pass may be told: plain values, no behaviour.

The recipe's `score` section maps onto `ScoreOptions`. Two kinds of limits stand side by side:
`PageLimits` decides a page's fate by sizes alone, so the same page ends the same way on every
machine; `IsolationLimits` is the safety net around native code, generous on purpose, and what it
catches is reported.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Final, Literal, get_args

from lakeprep.errors import RecipeError

Extractor = Literal["resiliparse", "trafilatura"]
LanguageIdentifier = Literal["fasttext", "langdetect"]
LineEditor = Literal["c4"]

MIB: Final = 1 << 20


@dataclass(frozen=True)
class PageLimits:
    """Sizes above which a page gets status `too_large`, checked in linear time before parsing.

    Measured with resiliparse 2.0.1 on one core: its main-content search walks the ancestors of
    every block (10,000 nested 1.9 s, 30,000 nested 21 s; 30,000 blocks at depth 2,000 5.5 s), its
    parser compares the attributes of a tag (30,000: 1.7 s) and the options of a <select> (30,000:
    17 s) pair by pair, and unclosed formatting tags are copied into every later block as the HTML
    standard wants (59 KB of `<p><font ...>` grow to 1.7 GB). A node takes about 300 bytes. With
    these limits the worst page that we could construct takes 5 s. Of 2,463 real pages, 82 of them
    collected for having broken another extractor, none passes half of one: the most are 2.0 MiB,
    100,000 nodes, 808 deep, 3 million steps, 505 attributes.
    """

    max_html_bytes: int = 10 * MIB
    max_text_bytes: int = 32 * MIB
    max_nodes: int = 1_000_000
    max_depth: int = 2_000
    max_steps: int = 30_000_000
    max_attributes: int = 1_024

    def __post_init__(self) -> None:
        _require_positive(self)


@dataclass(frozen=True)
class IsolationLimits:
    """The net around native code: wall-clock seconds without progress on one page, and bytes of
    address space a child may add to what its parent had mapped (enforced on Linux)."""

    seconds_per_item: float = 60.0
    memory_bytes: int = 1024 * MIB

    def __post_init__(self) -> None:
        _require_positive(self)


@dataclass(frozen=True)
class ScoreOptions:
    """Everything the pass over one page depends on. Names not offered are refused here.

    `line_editor_terminal_marks`: the editor keeps only lines that end like a sentence.
    `bad_words`: language -> entries, as the recipe's files have them.
    """

    extractor: Extractor = "resiliparse"
    language_identifier: LanguageIdentifier = "fasttext"
    bands: int = 14
    rows: int = 8
    line_editor: LineEditor | None = None
    line_editor_terminal_marks: bool = False
    bad_words: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    limits: PageLimits = field(default_factory=PageLimits)
    isolation: IsolationLimits = field(default_factory=IsolationLimits)

    def __post_init__(self) -> None:
        _require_known("extractor", self.extractor, get_args(Extractor))
        _require_known(
            "language_identifier", self.language_identifier, get_args(LanguageIdentifier)
        )
        if self.line_editor is not None:
            _require_known("line_editor", self.line_editor, get_args(LineEditor))


def _require_positive(limits: PageLimits | IsolationLimits) -> None:
    for limit in fields(limits):
        value = getattr(limits, limit.name)
        if not value > 0:
            raise RecipeError(f"score: {limit.name} is {value!r}; it must be greater than zero.")


def _require_known(name: str, value: str, known: tuple[str, ...]) -> None:
    if value not in known:
        raise RecipeError(f"score: {name} is {value!r}; known are {', '.join(known)}.")
