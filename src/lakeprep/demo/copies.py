"""Planted copies: exact and near ones, the same URL again, and look-alikes that must stay."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from lakeprep.demo.articles import Article, other_topic, retitle, rewrite
from lakeprep.demo.captures import DAYS, Capture, Draft, capture, draft, moment_on, truth_of
from lakeprep.demo.grammar import LANGUAGES, SPACELESS
from lakeprep.demo.prng import Stream
from lakeprep.demo.shingles import similarity
from lakeprep.demo.sites import BARE_LAYOUTS, Site, address, sites
from lakeprep.demo.warc import warc_date

_EXACT = 3
_NEAR = 3
# Near copies are missed most where words have no spaces, so more of them are planted there.
_NEAR_SPACELESS = 6
_LOOK_ALIKES = 2
_FORMS = ("same", "www", "tracking", "session", "http", "port", "fragment", "escape")


def copies(seed: int) -> Iterator[Capture]:
    """All captures of this module, originals (kept) included."""
    for language in LANGUAGES:
        for i in range(_EXACT):
            yield from _exact(Stream(seed, "exact", language, i), language, i)
        for i in range(_NEAR_SPACELESS if language in SPACELESS else _NEAR):
            yield from _near(Stream(seed, "near", language, i), language)
        for i in range(_LOOK_ALIKES):
            yield from _look_alike(Stream(seed, "look-alike", language, i), language)
    for i in range(3 * len(_FORMS)):
        language = LANGUAGES[i % len(LANGUAGES)]
        yield from _recrawl(Stream(seed, "recrawl", i), language, _FORMS[i % len(_FORMS)])


def _exact(stream: Stream, language: str, i: int) -> Iterator[Capture]:
    """The same article on other hosts, in other layouts; the last of each language three times.
    Every other one is on layouts that show nothing but the article."""
    original = draft(stream, language, day=stream.below(3))
    bare = i % 2 == 0
    if bare:
        original = _moved(original, stream.choice(_sites_with(language, BARE_LAYOUTS[0])))
    yield capture(original, truth_of(original, "exact_copy_original", "kept"))
    page = original
    for n in range(2 if i == _EXACT - 1 else 1):
        page = _elsewhere(original.article, page, stream)
        if bare and n == 0:
            page = _moved(page, stream.choice(_sites_with(language, BARE_LAYOUTS[1])))
        kind = "exact" if bare and n == 0 else ""
        yield _duplicate(page, original, "exact_copy", 1.0, kind)


def _sites_with(language: str, layout: str) -> list[Site]:
    return [site for site in sites(language) if site.layout == layout]


def _moved(page: Draft, site: Site) -> Draft:
    """The page on another site, under a number made from its old address."""
    number = Stream("moved", page.url).between(1, 9_999_999)
    return replace(page, site=site, url=address(site, page.article.topic, number))


def _near(stream: Stream, language: str) -> Iterator[Capture]:
    """One sentence in about twenty-five is another one."""
    original = draft(stream, language, sentences=stream.between(22, 38), day=stream.below(3))
    yield capture(original, truth_of(original, "near_copy_original", "kept"))
    edited = rewrite(original.article, stream, 0.04)
    page = _elsewhere(edited, original, stream)
    yield _duplicate(page, original, "near_copy", similarity(original.article.text, edited.text))


def _look_alike(stream: Stream, language: str) -> Iterator[Capture]:
    """Another page, on another topic too, that quotes more than half of the first."""
    original = draft(stream, language, sentences=stream.between(20, 30), day=stream.below(3))
    yield capture(original, truth_of(original, "look_alike_original", "kept"))
    topic = other_topic(original.article, stream)
    edited = retitle(rewrite(original.article, stream, 0.42, topic=topic), stream)
    page = _elsewhere(edited, original, stream)
    truth = replace(
        truth_of(page, "look_alike", "kept"),
        similar_to=original.url,
        similarity=round(similarity(original.article.text, edited.text), 4),
    )
    yield capture(page, truth)


def _recrawl(stream: Stream, language: str, form: str) -> Iterator[Capture]:
    """The same URL on a later day, as it was or written as another link to it."""
    original = draft(stream, language, day=stream.below(3))
    yield capture(original, truth_of(original, "recrawl_original", "kept"))
    later = moment_on(stream.between(original.day + 1, DAYS - 1), stream)
    article = original.article if stream.below(2) else rewrite(original.article, stream, 0.2)
    page = replace(original, article=article, url=_variant(original.url, form), moment=later)
    yield _duplicate(page, original, "recrawl", kind="url")


def _elsewhere(article: Article, page: Draft, stream: Stream) -> Draft:
    """The article on a site with another layout, fetched a day or more after `page`."""
    site = stream.choice(_other_sites(page.site))
    url = address(site, article.topic, stream.between(1, 9_999_999))
    day = stream.between(page.day + 1, max(page.day + 1, DAYS - 2))
    return Draft(article, site, url, moment_on(day, stream))


def _other_sites(site: Site) -> list[Site]:
    return [s for s in sites(site.language) if s.layout != site.layout]


def _duplicate(
    page: Draft, original: Draft, case: str, similar: float = 0.0, kind: str = ""
) -> Capture:
    truth = replace(
        truth_of(page, case, "duplicate"),
        duplicate_of=original.url,
        duplicate_of_fetched_at=warc_date(original.moment),
        duplicate_kind=kind,
        similarity=round(similar, 4),
    )
    return capture(page, truth)


def _variant(url: str, form: str) -> str:
    """The URL as another link, or another crawler, would write it."""
    rest = url.removeprefix("https://")
    host, _, path = rest.partition("/")
    query = "&" if "?" in path else "?"
    return {
        "same": url,
        "www": f"https://www.{rest}",
        "tracking": f"{url}{query}utm_source=letter&utm_medium=mail&fbclid=abc123",
        "session": f"{url}{query}sessionid=0f3a9c77",
        "http": f"http://{rest}",
        "port": f"https://{host}:443/{path}",
        "fragment": f"{url}#comments",
        "escape": f"https://{host.upper()}/%{ord(path[0]):02x}{path[1:]}",
    }[form]
