"""A planted page: what the crawler stored, and what should become of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone

from lakeprep.demo import warc
from lakeprep.demo.articles import Article, compose
from lakeprep.demo.prng import Stream
from lakeprep.demo.sites import Site, address, render, sites

DAYS = 5
FIRST_DAY = datetime(2024, 3, 4, 6, tzinfo=timezone.utc)
_CRAWL_SECONDS = 16 * 3600
_HTML = (("Content-Type", "text/html; charset=utf-8"),)


@dataclass(frozen=True, slots=True)
class Truth:
    """One line of _truth.jsonl; fields that say nothing are left out of it.

    expected: `kept`, `filtered`, `duplicate`, `reject`, or `repeat` (the same capture again).
    also_accepted: other outcomes that are right for a reader that saves more, or less, of it.
    reason: the rule or the reject reason that the case was made for.
    duplicate_kind: `url` or `exact` where it is certain (furniture may get into a text).
    similarity: Jaccard over 5-shingles to `duplicate_of` or `similar_to`, by shingles.py.
    mask: kind -> values that must be gone from gold; keep_values: look-alikes that must stay.
    snippet: a sentence that must be in the text of a kept page, as it is here.
    """

    url: str
    fetched_at: datetime
    case: str
    expected: str
    language: str
    also_accepted: tuple[str, ...] = ()
    reason: str = ""
    duplicate_of: str = ""
    duplicate_of_fetched_at: str = ""
    duplicate_kind: str = ""
    similar_to: str = ""
    similarity: float = 0.0
    mask: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    keep_values: tuple[str, ...] = ()
    snippet: str = ""


@dataclass(frozen=True, slots=True)
class Capture:
    """The gzip members of one page (request and response records) and the day whose file they
    go into. `readable` of its `records` can be read back; the others are damaged on purpose."""

    truth: Truth
    day: int
    stored: bytes
    records: int = 2
    readable: int = 2


@dataclass(frozen=True, slots=True)
class Draft:
    """An article with the site, the address and the moment at which it will be fetched."""

    article: Article
    site: Site
    url: str
    moment: datetime

    @property
    def day(self) -> int:
        return (self.moment - FIRST_DAY).days

    @property
    def html(self) -> str:
        return render(self.article, self.site, self.url, date=self.moment.date().isoformat())

    @property
    def snippet(self) -> str:
        sentences = self.article.sentences
        return sentences[len(sentences) // 2]


def moment_on(day: int, stream: Stream) -> datetime:
    """A second of the crawl's working hours on day 0 to DAYS - 1."""
    return FIRST_DAY + timedelta(days=day, seconds=stream.below(_CRAWL_SECONDS))


def draft(
    stream: Stream, language: str, *, sentences: int | None = None, day: int | None = None
) -> Draft:
    """A new page on one of the language's sites. About half of the pages have one section, a
    third two, the others three or four (150 to 900 words)."""
    if sentences is None:
        kind = stream.below(6)
        low, high = (12, 16) if kind < 3 else (17, 26) if kind < 5 else (27, 44)
        sentences = stream.between(low, high)
    article = compose(language, stream, sentences)
    site = stream.choice(sites(language))
    url = address(site, article.topic, stream.between(1, 9_999_999))
    return Draft(article, site, url, moment_on(stream.below(DAYS) if day is None else day, stream))


def truth_of(page: Draft, case: str, expected: str) -> Truth:
    snippet = page.snippet if expected == "kept" else ""
    return Truth(page.url, page.moment, case, expected, page.article.language, snippet=snippet)


def capture(page: Draft, truth: Truth) -> Capture:
    """The page as an undamaged crawl stores it: UTF-8, declared, not encoded."""
    return stored(truth, page.day, http(page.html.encode()))


def http(body: bytes, headers: warc.Headers = _HTML, status: str = "200 OK") -> bytes:
    """An HTTP response with a server's usual header lines."""
    lines = (("Server", "demo"), *headers, ("Content-Length", str(len(body))))
    return warc.http_response(body, lines, status)


def stored(truth: Truth, day: int, response: bytes) -> Capture:
    """Request and response records around an HTTP response message."""
    head = response_head(truth, len(response), warc.payload_digest(response))
    member = warc.gzip_member((head, response, b"\r\n\r\n"))
    return Capture(truth, day, request_member(truth) + member)


def response_head(truth: Truth, length: int, block_digest: str = "") -> bytes:
    """The WARC header of a truth's response record."""
    headers = [
        ("WARC-Target-URI", truth.url),
        ("Content-Type", "application/http; msgtype=response"),
    ]
    headers += [("WARC-Block-Digest", block_digest)] if block_digest else []
    identifier = warc.record_id("response", truth.url, truth.fetched_at)
    return warc.record_head("response", identifier, truth.fetched_at, headers, length)


def request_member(truth: Truth) -> bytes:
    """The gzip member of a truth's request record."""
    host, _, path = truth.url.partition("://")[2].partition("/")
    block = (
        f"GET /{path} HTTP/1.1\r\nHost: {host}\r\nUser-Agent: lakeprep-demo-crawler\r\n"
        "Accept: text/html\r\n\r\n"
    ).encode()
    headers = (
        ("WARC-Target-URI", truth.url),
        ("WARC-Concurrent-To", warc.record_id("response", truth.url, truth.fetched_at)),
        ("Content-Type", "application/http; msgtype=request"),
    )
    identifier = warc.record_id("request", truth.url, truth.fetched_at)
    return warc.gzip_member((warc.record("request", identifier, truth.fetched_at, headers, block),))
