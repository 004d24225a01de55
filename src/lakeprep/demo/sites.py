"""Sites of the demo crawl: hosts, layouts and the furniture around an article."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from html import escape
from importlib import resources
from string import Template

from lakeprep.demo.articles import Article
from lakeprep.demo.grammar import Author, Grammar, load
from lakeprep.demo.prng import Stream

LAYOUTS = ("magazine", "blog", "portal", "classic", "reader")
# No author, no date beside the article: whatever extracts its text finds the same on both.
BARE_LAYOUTS = ("classic", "reader")
SITES_PER_LANGUAGE = 15

_FIRST = ("north", "blue", "old", "quiet", "stone", "paper", "river", "early", "plain", "seven")
_SECOND = ("lantern", "harbour", "meadow", "quill", "orchard", "compass", "pantry", "beacon")
_ENDINGS = ("example", "example.org", "example.net", "example.com")


@dataclass(frozen=True, slots=True)
class Site:
    """A host with one language and one layout."""

    host: str
    language: str
    layout: str

    @property
    def name(self) -> str:
        return self.host.split(".")[0].replace("-", " ").title()


@cache
def sites(language: str) -> tuple[Site, ...]:
    """The ordinary sites of a language; their hosts are reserved names (RFC 2606)."""
    stream = Stream("sites", language)
    names = stream.shuffled([f"{first}-{second}" for first in _FIRST for second in _SECOND])
    return tuple(
        Site(f"{name}-{language}.{stream.choice(_ENDINGS)}", language, LAYOUTS[i % len(LAYOUTS)])
        for i, name in enumerate(names[:SITES_PER_LANGUAGE])
    )


def address(site: Site, topic: str, number: int) -> str:
    """A URL of the site for page `number`, in the manner of its layout."""
    path = {
        "magazine": f"{topic}/{number}.html",
        "blog": f"2024/03/{topic}-{number}/",
        "portal": f"article?section={topic}&id={number}",
        "classic": f"{topic}/page{number}.htm",
        "reader": f"stories/{number}",
    }[site.layout]
    return f"https://{site.host}/{path}"


@cache
def _template(layout: str) -> Template:
    source = resources.files("lakeprep.demo") / "layouts" / f"{layout}.html"
    return Template(source.read_text(encoding="utf-8"))


def render(article: Article, site: Site, url: str, *, date: str, charset: str = "utf-8") -> str:
    """The HTML of the article on the site; `date` is shown, `charset` is what <meta> claims."""
    grammar = load(article.language)
    stream = Stream("furniture", url, date)
    author = Author(grammar, stream)
    label = grammar.label
    values = {symbol: escape(label(symbol)) for symbol in grammar.furniture}
    values |= {
        "lang": article.language,
        "dir": "rtl" if article.language == "ar" else "ltr",
        "charset": charset,
        "title": escape(article.title),
        "site": site.name,
        "url": escape(url),
        "date": date,
        "number": str(stream.between(1000, 9999)),
        "topic": article.topic,
        "topic_name": grammar.topics[article.topic]["name"][0],
        "written": escape(label("written").replace("{person}", article.author)),
        "body": body(article),
        "nav": _links([label("home"), *(t["name"][0] for t in grammar.topics.values())]),
        "popular_links": _links(_titles(author, grammar, stream, 5)),
        "related_links": _links(_titles(author, grammar, stream, 4)),
        "footer_links": _links([label(s) for s in ("about", "contact", "archive", "privacy")]),
        "remarks": "".join(
            f'<div class="comment"><p>{escape(remark)}</p></div>'
            for remark in stream.shuffled(grammar.furniture["remark"])[:3]
        ),
    }
    return _template(site.layout).substitute(values)


def body(article: Article) -> str:
    """The article's own markup: headings and paragraphs."""
    space = load(article.language).space
    parts: list[str] = []
    for section in article.sections:
        if section.heading:
            parts.append(f"<h2>{escape(section.heading)}</h2>")
        parts += [f"<p>{escape(space.join(p), quote=False)}</p>" for p in section.paragraphs]
    return "\n".join(parts)


def _titles(author: Author, grammar: Grammar, stream: Stream, count: int) -> list[str]:
    topics = tuple(grammar.topics)
    return [author.title(stream.choice(topics)) for _ in range(count)]


def _links(labels: list[str]) -> str:
    return "".join(f'<li><a href="/{i}">{escape(text)}</a></li>' for i, text in enumerate(labels))
