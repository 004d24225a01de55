"""Phrase grammars: one file a language in `grammar/`, and the author that writes with them.

File format: `[common]`, `[furniture]` and `[topic NAME]` sections of `symbol = phrase | phrase`.
A phrase refers to a symbol as `{symbol}` (the topic's own first, then the common ones) and to a
number as `{3-40}`. Lines that begin with `#` are comments.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources

from lakeprep.demo.prng import Stream

LANGUAGES = ("en", "zh", "de", "fr", "es", "ru", "ja", "ar", "pt", "it")
SPACELESS = frozenset({"zh", "ja"})
_REFERENCE = re.compile(r"\{([^{}]+)\}")
_RANGE = re.compile(r"(\d+)-(\d+)")

Phrases = Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Grammar:
    """The phrases of one language."""

    language: str
    common: Phrases
    furniture: Phrases
    topics: Mapping[str, Phrases]

    def label(self, symbol: str) -> str:
        """The one phrase of a furniture symbol such as `home`."""
        return self.furniture[symbol][0]

    @property
    def space(self) -> str:
        """What stands between two sentences."""
        return "" if self.language in SPACELESS else " "


@cache
def load(language: str) -> Grammar:
    """The grammar of `language`, one of LANGUAGES."""
    source = resources.files("lakeprep.demo") / "grammar" / f"{language}.txt"
    sections: dict[str, dict[str, tuple[str, ...]]] = {}
    current: dict[str, tuple[str, ...]] = {}
    for number, line in enumerate(source.read_text(encoding="utf-8").splitlines(), 1):
        if not line or line.startswith("#"):
            continue
        if line.startswith("["):
            current = sections.setdefault(line.strip("[]"), {})
            continue
        symbol, equals, phrases = line.partition(" = ")
        if not equals:
            raise ValueError(f"grammar/{language}.txt, line {number}: no ' = ' in {line[:40]!r}")
        current[symbol] = tuple(phrase.strip() for phrase in phrases.split(" | "))
    topics = {
        name.removeprefix("topic "): phrases
        for name, phrases in sections.items()
        if name.startswith("topic ")
    }
    return Grammar(language, sections["common"], sections["furniture"], topics)


@cache
def _parts(phrase: str) -> tuple[str, ...]:
    """Literal text at even places, symbols at odd ones."""
    return tuple(_REFERENCE.split(phrase))


class Author:
    """Writes one page: phrases are drawn like cards, so that none comes twice before all the
    others of its symbol have come (the repetition rules see real variety), and the people and
    towns of the page stay the same throughout."""

    def __init__(self, grammar: Grammar, stream: Stream) -> None:
        self._grammar = grammar
        self._stream = stream
        self._decks: dict[tuple[str, str], list[str]] = {}
        self._cast: dict[str, tuple[str, ...]] = {}
        people = [self.write("", "person_name") for _ in range(4)]
        towns = [self.write("", "town_name") for _ in range(2)]
        self._cast = {"person": tuple(people), "town": (towns[0],), "other": (towns[1],)}

    def write(self, topic: str, symbol: str) -> str:
        """One expansion of a symbol of a topic (\"\": the common ones only), as it stands."""
        return self.fill(topic, self._draw(topic, symbol))

    def fill(self, topic: str, phrase: str) -> str:
        """A phrase with its references replaced; `{value}` is left for the caller."""
        parts = list(_parts(phrase))
        for i in range(1, len(parts), 2):
            parts[i] = self._reference(topic, parts[i])
        return "".join(parts)

    def sentence(self, topic: str) -> str:
        return _capital(self.write(topic, "pattern"))

    def title(self, topic: str) -> str:
        return _capital(self.write(topic, "title"))

    def _reference(self, topic: str, symbol: str) -> str:
        if symbol == "value":
            return "{value}"
        numbers = _RANGE.fullmatch(symbol)
        if numbers:
            return str(self._stream.between(int(numbers[1]), int(numbers[2])))
        return self.write(topic, symbol)

    def _draw(self, topic: str, symbol: str) -> str:
        scoped = self._grammar.topics.get(topic, {})
        owner = topic if symbol in scoped else ""
        deck = self._decks.get((owner, symbol))
        if not deck:
            phrases = self._cast.get(symbol) or (scoped if owner else self._grammar.common)[symbol]
            deck = self._decks[owner, symbol] = list(phrases)
        i = self._stream.below(len(deck))
        deck[i], deck[-1] = deck[-1], deck[i]
        return deck.pop()


def _capital(sentence: str) -> str:
    """The sentence with its first letter, after quotes, as a capital."""
    for i, character in enumerate(sentence[:3]):
        if character.isalnum():
            return sentence[:i] + character.upper() + sentence[i + 1 :]
    return sentence
