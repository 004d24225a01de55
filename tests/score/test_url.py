"""What breaks if this fails: one address under several keys (or several under one), and block
lists that miss their sites."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from lakeprep.score.url import features_of, url_features

SPELLINGS = [
    "http://example.com/a/b?x=1&y=2",
    "https://example.com/a/b?y=2&x=1",
    "HTTPS://WWW.EXAMPLE.COM:443/a/b?x=1&y=2#section",
    "http://example.com:80/a/./c/../b?x=1&y=2&utm_source=mail&gclid=abc",
    "http://user:secret@example.com./%61/b?&x=1&&y=2&fbclid=1",
    " //www.example.com/a/b;jsessionid=0A1B?x=1&y=2&PHPSESSID=3 ",
    "example.com/a/b?x=1&y=2",
]


def test_spellings_of_one_address_have_one_key() -> None:
    assert {features_of(url).url_key for url in SPELLINGS} == {"example.com/a/b?x=1&y=2"}


def test_different_addresses_have_different_keys() -> None:
    urls = [
        "http://example.com/",
        "http://example.com/a",
        "http://example.com/a/",
        "http://example.com/A",
        "http://example.com/a?x=1",
        "http://example.com/a%2Fb",
        "http://example.com/a/b",
        "http://example.com:8080/",
        "http://example.com:80443/x",
        "http://blog.example.com/",
        "ftp://example.com/",
        "https://example.com:80/",
    ]
    assert len({features_of(url).url_key for url in urls}) == len(urls)


@pytest.mark.parametrize(
    ("url", "host", "domain"),
    [
        ("http://www.bbc.co.uk/news", "www.bbc.co.uk", "bbc.co.uk"),
        ("http://a.b.example.com", "a.b.example.com", "example.com"),
        ("http://user.github.io/x", "user.github.io", "github.io"),
        ("http://co.uk/", "co.uk", "co.uk"),
        ("http://one.two.three.unknowntld/", "one.two.three.unknowntld", "three.unknowntld"),
        ("http://intranet/x", "intranet", "intranet"),
        ("http://192.0.2.7:8080/x", "192.0.2.7", "192.0.2.7"),
        ("http://[2001:DB8:0::1]/x", "[2001:db8::1]", "[2001:db8::1]"),
        ("http://bücher.de/", "xn--bcher-kva.de", "xn--bcher-kva.de"),
        ("http://例え.jp/", "xn--r8jz45g.jp", "xn--r8jz45g.jp"),
    ],
)
def test_host_and_registered_domain(url: str, host: str, domain: str) -> None:
    assert (features_of(url).host, features_of(url).domain) == (host, domain)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "http://",
        "http:///path",
        "http://a..b/",
        "http://[::1",
        "http://a b/",
        "hard::x.html",
        "mailto:someone@example.com",
        "data:text/html,hi",
        "http://" + "a." * 200 + "com/",
        "::",
        "?",
    ],
)
def test_a_broken_url_is_its_own_key(url: str) -> None:
    features = features_of(url)

    assert (features.url_key, features.host, features.domain) == (url, None, None)


def test_columns_for_arrow() -> None:
    keys, hosts, domains = url_features(pa.array(["http://www.example.com", None, "x y"]))

    assert keys.to_pylist() == ["example.com/", "", "x y"]
    assert hosts.to_pylist() == ["www.example.com", None, None]
    assert domains.to_pylist() == ["example.com", None, None]


URLS = st.text("abcWw.:/?#[]@%&=;+~-_ \t\\%41%2e世é\u0130ß{}|'\"0123456789", max_size=60)


@given(URLS | URLS.map("http://www.example.com/".__add__) | st.text(max_size=60))
@example("http://a/%%34%31")
@example("http://www.www.com/../../%2e%2e/x;jsessionid=1")
@example("//a:00080//b")
@example("http://a/;jsession;jsessionid=1id=2")
@example("x://y://z")
@example("http://a@b@c/")
@example("\ud800://\udfff")
def test_the_key_of_a_key_is_that_key(url: str) -> None:
    key = features_of(url).url_key

    key.encode("utf-8")
    assert features_of(key).url_key == key


def test_real_urls_have_hosts(data: Path) -> None:
    with gzip.open(data / "gold" / "extraction.jsonl.gz", "rt", encoding="utf-8") as lines:
        urls = [json.loads(line)["url"] for line in lines]
    found = [features_of(url) for url in urls if url.startswith("http")]

    assert len(found) > 1_000
    assert all(features.host and features.domain for features in found)
