"""Pages with planted personal data, and with values that only look like it.

No planted value is one that a masker writes (addresses at example.com, 192.0.2.0/24 and its
sisters, 555-01xx) or reaches a person: e-mail hosts are reserved names, telephone numbers come
from blocks kept free for fiction where a country has one.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from lakeprep.demo.articles import insert
from lakeprep.demo.captures import Capture, capture, draft, truth_of
from lakeprep.demo.grammar import LANGUAGES, Author, load
from lakeprep.demo.prng import Stream

_PER_LANGUAGE = 6
_KINDS = ("email", "ipv4", "phone")
_LOOK_ALIKES = ("version", "private_ip", "date", "isbn", "order")
_SYMBOL = {"email": "mail", "ipv4": "ip", "phone": "phone"}

_MAILBOXES = ("hanna.brandt", "office", "o.penrose", "garden_club", "info+letter", "k-varga")
_MAIL_HOSTS = ("post.nordwind.example", "mail.lindenhof.example", "verein.example.org")
# First numbers of public address blocks; the others are drawn.
_PUBLIC = (23, 45, 62, 81, 93, 145, 178, 185, 194, 212)
_PRIVATE = ("10.{}.{}.{}", "192.168.{2}.{0}", "172.20.{1}.{0}", "127.0.{2}.{0}")
# `#` is a digit.
_PHONES = {
    "en": ("(416) 555-2###", "416-555-2###", "+44 20 7946 0###"),
    "zh": ("13800138###", "010-55552###", "+86 138 0013 8###"),
    "de": ("+49 30 23125 ###", "+49 (0)69 90009 ###"),
    "fr": ("+33 1 99 00 2# ##", "+33 6 39 98 4# ##"),
    "es": ("+34 910 555 2##",),
    "ru": ("+7 495 555-23-##",),
    "ja": ("+81 3-5555-23##",),
    "ar": ("+971 4 555 23##",),
    "pt": ("+351 21 555 23##",),
    "it": ("+39 06 5555 23##",),
}


def personal(seed: int) -> Iterator[Capture]:
    """Pages that are kept, with every value of `mask` gone and every one of `keep_values` left."""
    for language in LANGUAGES:
        for i in range(_PER_LANGUAGE):
            yield _page(Stream(seed, "personal", language, i), language, i)


def _page(stream: Stream, language: str, i: int) -> Capture:
    page = draft(stream, language)
    author = Author(load(language), stream)
    mask: dict[str, tuple[str, ...]] = {}
    sentences: list[str] = []
    for kind in (_KINDS[i % 3], _KINDS[(i + 1) % 3]):
        value = personal_value(kind, language, stream)
        mask[kind] = (value,)
        sentences.append(author.write(page.article.topic, _SYMBOL[kind]).replace("{value}", value))
    keep: list[str] = []
    for kind in (_LOOK_ALIKES[i % 5], _LOOK_ALIKES[(i + 2) % 5]):
        value = look_alike_value(kind, stream)
        keep.append(value)
        sentences.append(author.write(page.article.topic, kind).replace("{value}", value))
    article = insert(page.article, stream, stream.shuffled(sentences))
    page = replace(page, article=article)
    truth = replace(
        truth_of(page, "personal_data", "kept"), mask=mask, keep_values=tuple(keep), snippet=""
    )
    return capture(page, truth)


def personal_value(kind: str, language: str, stream: Stream) -> str:
    """A value of the kind that must be masked."""
    if kind == "email":
        return f"{stream.choice(_MAILBOXES)}{stream.below(90)}@{stream.choice(_MAIL_HOSTS)}"
    if kind == "ipv4":
        rest = (stream.between(16, 250) for _ in range(3))
        return ".".join(map(str, (stream.choice(_PUBLIC), *rest)))
    return "".join(
        str(stream.below(10)) if c == "#" else c for c in stream.choice(_PHONES[language])
    )


def look_alike_value(kind: str, stream: Stream) -> str:
    """A value that is nobody's: it must stay as it is."""
    number = stream.between
    if kind == "version":
        return f"{number(2, 9)}.{number(10, 30)}.{number(0, 9)}"
    if kind == "private_ip":
        return stream.choice(_PRIVATE).format(number(2, 250), number(2, 250), number(0, 9))
    if kind == "date":
        year, month, day = number(1990, 2023), number(1, 12), number(1, 28)
        return stream.choice((f"{year}-{month:02}-{day:02}", f"{day:02}.{month:02}.{year}"))
    if kind == "isbn":
        return _isbn(f"9783{number(16, 19)}{number(100000, 999999)}")
    return f"A-{number(2019, 2023)}-{number(10000, 99999)}"


def _isbn(twelve: str) -> str:
    """ISBN-13 with its check digit (weights 1 and 3, modulo 10) and hyphens."""
    total = sum(int(digit) * (1, 3)[i % 2] for i, digit in enumerate(twelve))
    return f"{twelve[:3]}-{twelve[3]}-{twelve[4:6]}-{twelve[6:]}-{-total % 10}"
