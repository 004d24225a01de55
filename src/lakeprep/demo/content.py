"""Planted pages that a rule must drop, and pages that look bad but must stay."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from html import escape

from lakeprep.demo.articles import Section
from lakeprep.demo.captures import Capture, Draft, capture, draft, http, stored, truth_of
from lakeprep.demo.grammar import LANGUAGES, SPACELESS, Author, load
from lakeprep.demo.prng import Stream
from lakeprep.demo.sites import Site

# Each has a whole word that any URL word list has: the text of these pages is as good as any.
_BLOCKED = (
    "casino-bonus.example",
    "online-casino-royal.example",
    "free-porn-clips.example",
    "xxx-videos.example",
    "cheap-viagra-shop.example",
    "porn.example.org",
    "casino.example.net",
)
_BLOCKED_PATHS = ("online-casino/{}.html", "ads/viagra-{}.html", "gallery/porn/{}")
# Words that contain, or resemble, words of such lists.
_INNOCENT = (
    "sussex-gardens.example",
    "essex-cycling.example",
    "middlesex-history.example",
    "scunthorpe-kitchen.example",
    "cockpit-notes.example",
    "web-analytics.example",
    "bass-and-classics.example",
    "dickens-society.example",
    "peacock-house.example",
    "therapist-finder.example",
    "sextant-museum.example",
    "shitake-farm.example",
    "cumberland-walks.example",
    "button-collectors.example",
)
_INNOCENT_PATHS = ("analytics/{}.html", "assessment/{}.html", "specialists/{}.html", "titan/{}")
_CHARSETS = (
    # case, language, codec of the bytes, charset of the HTTP header, charset of <meta>
    ("charset_wrong", "de", "utf-8", "iso-8859-1", "iso-8859-1"),
    ("charset_wrong", "fr", "utf-8", "iso-8859-1", "iso-8859-1"),
    ("charset_wrong", "es", "utf-8", "windows-1252", "utf-8"),
    ("charset_wrong", "pt", "utf-8", "us-ascii", "us-ascii"),
    ("charset_wrong", "ru", "utf-8", "windows-1251", "windows-1251"),
    ("charset_wrong", "zh", "utf-8", "gb2312", "gb2312"),
    ("charset_wrong", "ru", "cp1251", "utf-8", "utf-8"),
    ("charset_wrong", "zh", "gbk", "utf-8", "utf-8"),
    ("charset_wrong", "ja", "shift_jis", "utf-8", "utf-8"),
    ("charset_wrong", "ar", "cp1256", "utf-8", "utf-8"),
    ("charset_missing", "ru", "cp1251", "", ""),
    ("charset_missing", "zh", "gbk", "", ""),
    ("charset_missing", "ja", "shift_jis", "", ""),
    ("charset_missing", "ja", "euc_jp", "", ""),
    ("charset_missing", "ar", "cp1256", "", ""),
    ("charset_missing", "de", "utf-8", "", ""),
    ("charset_legacy", "ru", "koi8_r", "koi8-r", "koi8-r"),
    ("charset_legacy", "zh", "gbk", "", "gb2312"),
    ("charset_legacy", "ja", "shift_jis", "Shift_JIS", ""),
    ("charset_legacy", "ar", "cp1256", "", "windows-1256"),
    ("charset_legacy", "de", "cp1252", "iso-8859-1", ""),
    ("charset_legacy", "fr", "cp1252", "", "windows-1252"),
)
_PER_CHARSET = 2
_THIN_WORDS = 45
_SPAM_LANGUAGES = ("en", "en", "de", "fr", "es", "ru")


def content(seed: int) -> Iterator[Capture]:
    """All captures of this module."""
    yield from _hosts(seed, "blocked_host", _BLOCKED, "stories/{}", "filtered")
    yield from _paths(seed, "blocked_path", _BLOCKED_PATHS, "filtered")
    yield from _hosts(seed, "innocent_host", _INNOCENT, "stories/{}", "kept")
    yield from _paths(seed, "innocent_path", _INNOCENT_PATHS, "kept")
    for language in LANGUAGES:
        for i in range(2):
            yield _thin(Stream(seed, "thin", language, i), language)
        yield _links_only(Stream(seed, "links", language), language)
    for i, row in enumerate(_CHARSETS):
        for j in range(_PER_CHARSET):
            yield _charset(Stream(seed, "charset", i, j), *row)
    for kind in _SPAM:
        for i, language in enumerate(_SPAM_LANGUAGES):
            if language == "en" or kind not in _ENGLISH_ONLY:
                yield _spam(Stream(seed, "spam", kind, i), language, kind)


def _address_case(page: Draft, case: str, expected: str, url: str, host: str) -> Capture:
    page = replace(page, url=url, site=Site(host, page.site.language, page.site.layout))
    truth = truth_of(page, case, expected)
    return capture(page, replace(truth, reason="url_word" if expected == "filtered" else ""))


def _hosts(
    seed: int, case: str, hosts: tuple[str, ...], path: str, expected: str
) -> Iterator[Capture]:
    for i, host in enumerate(hosts):
        for language in ("en", LANGUAGES[1 + i % (len(LANGUAGES) - 1)]):
            stream = Stream(seed, case, host, language)
            url = f"https://{host}/{path.format(stream.between(100, 99999))}"
            yield _address_case(draft(stream, language), case, expected, url, host)


def _paths(seed: int, case: str, paths: tuple[str, ...], expected: str) -> Iterator[Capture]:
    for path in paths:
        for language in ("en", "de"):
            stream = Stream(seed, case, path, language)
            page = draft(stream, language)
            url = f"https://{page.site.host}/{path.format(stream.between(100, 99999))}"
            yield _address_case(page, case, expected, url, page.site.host)


def _thin(stream: Stream, language: str) -> Capture:
    """A page with a sentence or two, under fifty words whatever an extractor adds to it."""
    page = draft(stream, language, sentences=2)
    (section,) = page.article.sections
    sentences = page.article.sentences
    if _words(" ".join([page.article.title, *sentences]), language) > _THIN_WORDS:
        sentences = sentences[:1]
    thin = Section(section.topic, "", (tuple(sentences),))
    title = load(language).topics[section.topic]["name"][0]
    page = replace(
        page,
        article=replace(page.article, title=title, sections=(thin,)),
        site=replace(page.site, layout="reader"),
    )
    truth = replace(truth_of(page, "thin", "filtered"), reason="word_count")
    return capture(page, truth)


def _words(text: str, language: str) -> int:
    return len(text.replace(" ", "")) if language in SPACELESS else len(text.split())


def _links_only(stream: Stream, language: str) -> Capture:
    """An index: nothing but links."""
    page = draft(stream, language)
    author = Author(load(language), stream)
    topics = tuple(load(language).topics)
    titles = [author.title(stream.choice(topics)) for _ in range(40)]
    items = "".join(f'<li><a href="/{i}">{escape(t)}</a></li>' for i, t in enumerate(titles))
    return _raw(page, "links_only", "", f"<ul>{items}</ul>")


def _raw(page: Draft, case: str, reason: str, inner: str) -> Capture:
    """A page that is not an article: `inner` is the whole of its body."""
    html = (
        f'<!DOCTYPE html><html lang="{page.article.language}"><head><meta charset="utf-8">'
        f"<title>{escape(page.article.title)}</title></head><body>{inner}</body></html>"
    )
    truth = replace(truth_of(page, case, "filtered"), reason=reason)
    return stored(truth, page.day, http(html.encode()))


def _charset(
    stream: Stream, case: str, language: str, codec: str, declared: str, meta: str
) -> Capture:
    """Bytes of one encoding under no label, a wrong one or the right one."""
    page = draft(stream, language)
    label = f'<meta charset="{meta}">' if meta else ""
    html = page.html.replace('<meta charset="utf-8">', label)
    html = html.replace('content="text/html; charset=utf-8"', f'content="text/html; {meta}"')
    content_type = f"text/html; charset={declared}" if declared else "text/html"
    body = html.encode(codec, errors="xmlcharrefreplace")
    response = http(body, (("Content-Type", content_type),))
    return stored(truth_of(page, case, "kept"), page.day, response)


def _spam(stream: Stream, language: str, kind: str) -> Capture:
    """A page made to fail the rule that `kind` names."""
    page = draft(stream, language)
    author = Author(load(language), stream)
    topic = page.article.topic
    words = [escape(author.write(topic, "it")) for _ in range(60)]
    blocks = {
        "short_line_ratio": [f"<p>{w[:28]}</p>" for w in words],
        "terminal_line_ratio": [f"<p>{', '.join(words[i : i + 6])}</p>" for i in range(0, 60, 6)],
        "hash_ratio": [f"<p>#{' #'.join(w.replace(' ', '') for w in words)}.</p>"],
        "ellipsis_line_ratio": [
            f"<p>{escape(author.sentence(topic)).rstrip('.')}...</p>" for _ in range(20)
        ],
        # Lines of one paragraph: between paragraphs an extractor may put empty lines.
        "bullet_line_ratio": [f"- {escape(author.sentence(topic))}<br>" for _ in range(20)],
        "dup_char_ratio": [f"<p>{escape(author.sentence(topic))}</p>"] * 12,
        "alpha_word_ratio": [
            f"<p>{w}: {stream.between(10, 999)} + {stream.between(10, 999)} = {i} ;</p>"
            for i, w in enumerate(words[:30])
        ],
    }[kind]
    return _raw(page, "spam", kind, f"<main><article>{''.join(blocks)}</article></main>")


_SPAM = (
    "short_line_ratio",
    "terminal_line_ratio",
    "hash_ratio",
    "ellipsis_line_ratio",
    "bullet_line_ratio",
    "dup_char_ratio",
    "alpha_word_ratio",
)
# Rules whose published limits for other languages are off or wide.
_ENGLISH_ONLY = frozenset({"short_line_ratio", "terminal_line_ratio"})
