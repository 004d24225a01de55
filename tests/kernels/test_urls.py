"""URLs against lists, compared with a slow reference that reads as RULES.md section 8 does."""

from __future__ import annotations

import re
from dataclasses import dataclass, fields

import numpy as np
import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st
from kernel_texts import texts

from lakeprep.kernels import urls
from lakeprep.score.url import features_of, url_features

LABELS = ("a", "b", "www", "sex", "co", "uk", "com", "example", "x-y", "1", "2")
WORDS = ("sex", "bad", "ad", "soft", "mild", "2", "adsoft", "a", "badsex")


@dataclass(frozen=True)
class Lists:
    domains: frozenset[str] = frozenset()
    hosts: frozenset[str] = frozenset()
    urls: frozenset[str] = frozenset()
    words: frozenset[str] = frozenset()
    soft_words: frozenset[str] = frozenset()
    substrings: frozenset[str] = frozenset()


def hashes(entries: frozenset[str]) -> urls.UInt64Array:
    return np.unique(urls.hash_strings(pa.array(sorted(entries), pa.string())))


def tables(lists: Lists) -> urls.UrlTables:
    hashed = {
        field.name: np.unique(
            urls.hash_strings(pa.array(sorted(getattr(lists, field.name)), "str"))
        )
        for field in fields(Lists)
        if field.name != "substrings"
    }
    substrings = pa.array(sorted(lists.substrings), pa.string())
    return urls.UrlTables(**hashed, automaton=urls.automaton_of(substrings))


def found(lists: Lists, *given_urls: str) -> list[list[str]]:
    column = pa.array(given_urls, pa.string())
    keys, hosts, domains = url_features(column)
    bits = urls.match(tables(lists), column, keys, hosts, domains)
    return [[r for i, r in enumerate(urls.REASONS) if b >> i & 1] for b in bits.tolist()]


def reference(lists: Lists, url: str) -> list[str]:
    features = features_of(url)
    host, domain = features.host or "", features.domain or ""
    labels = host.split(".")
    is_address = host.startswith("[") or re.fullmatch("[0-9.]+", host)
    names = [host] if is_address else [".".join(labels[i:]) for i in range(len(labels))]
    listed = [name for name in names if host and name in lists.domains]
    url_words = set(re.split("[^a-z0-9]+", re.sub("[A-Z]", lambda m: m[0].lower(), url)))
    packed = re.sub("[^a-z0-9]", "", re.sub("[A-Z]", lambda m: m[0].lower(), url))
    holds = (
        any(len(name) <= len(domain) for name in listed),
        any(len(name) > len(domain) for name in listed) or (host and host in lists.hosts),
        features.url_key in lists.urls,
        url_words & lists.words,
        len(url_words & lists.soft_words) >= 2,
        any(part in packed for part in lists.substrings),
    )
    return [reason for reason, held in zip(urls.REASONS, holds, strict=True) if held]


def a_host() -> st.SearchStrategy[str]:
    named = st.lists(st.sampled_from(LABELS), min_size=1, max_size=5).map(".".join)
    return named | st.sampled_from(["1.2.3.4", "3.4", "4", "[::1]", "münchen.de", ""])


def a_url() -> st.SearchStrategy[str]:
    path = st.lists(
        st.sampled_from(WORDS) | st.sampled_from("/-._?=&%漢SB") | texts(), max_size=8
    ).map("".join)
    scheme = st.sampled_from(["http://", "https://www.", "//", ""])
    return st.builds("{}{}/{}".format, scheme, a_host(), path)


def some_lists() -> st.SearchStrategy[Lists]:
    names = st.frozensets(a_host().map(lambda host: features_of(f"//{host}").host or "none"))
    some_words = st.frozensets(st.sampled_from(WORDS), max_size=4)
    keys = st.frozensets(a_url().map(lambda url: features_of(url).url_key), max_size=4)
    return st.builds(Lists, names, names, keys, some_words, some_words, some_words)


@given(some_lists(), st.lists(a_url(), max_size=6))
@settings(max_examples=400)
def test_reasons_are_the_references(lists: Lists, batch: list[str]) -> None:
    batch += sorted(lists.urls)
    assert found(lists, *batch) == [reference(lists, url) for url in batch]


def test_a_domain_blocks_itself_and_what_is_below_it() -> None:
    lists = Lists(domains=frozenset({"bad.co.uk", "blog.good.com", "1.2.3.4", "3.4", "xxx"}))
    assert found(
        lists,
        "https://bad.co.uk/",
        "http://a.b.bad.co.uk/x",
        "http://notbad.co.uk/",
        "http://good.com/",
        "http://blog.good.com/",
        "http://a.blog.good.com/",
        "http://1.2.3.4/",
        "http://9.9.3.4/",
        "http://some.xxx/",
    ) == [["url_domain"]] * 2 + [[], [], ["url_host"], ["url_host"], ["url_domain"], []] + [
        ["url_domain"]
    ]


def test_a_host_blocks_itself_alone() -> None:
    lists = Lists(hosts=frozenset({"good.com", "www.other.com"}))
    given = ("http://good.com/", "http://www.good.com/", "http://other.com", "HTTP://WWW.Other.com")
    assert found(lists, *given) == [["url_host"], [], [], ["url_host"]]


def test_all_reasons_are_given_not_the_first() -> None:
    every = Lists(*map(frozenset, (["e.com"], ["e.com"], ["e.com/x-y"], ["x"], ["x", "y"], ["xy"])))
    assert found(every, "http://e.com/x-y") == [list(urls.REASONS)]


def test_one_soft_word_twice_is_one() -> None:
    lists = Lists(soft_words=frozenset({"mild", "soft"}))
    given = ("http://mild.com/mild-MILD", "http://mild.com/soft", "http://softmild.com")
    assert found(lists, *given) == [[], ["url_soft_words"], []]


def test_words_end_at_what_is_no_ascii_letter_or_digit() -> None:
    lists = Lists(words=frozenset({"sex"}))
    given = ("http://essex.uk/", "http://a.uk/sex漢", "http://a.uk/éSEX", "http://a.uk/sex1")
    assert found(lists, *given) == [[], ["url_word"], ["url_word"], []]


def test_the_empty_lists_and_batches() -> None:
    assert found(Lists()) == []
    assert found(Lists(), "http://a.com/", "", "mailto:x@y") == [[], [], []]
    nulls = pa.array([None, None], pa.string())
    assert urls.match(tables(Lists()), nulls, nulls, nulls, nulls).tolist() == [0, 0]


def test_slices_and_large_strings() -> None:
    lists = Lists(words=frozenset({"bad"}), domains=frozenset({"b.com"}))
    column = pa.array(["http://x.com/bad", "http://b.com/", "http://c.com/bad"])
    expected = urls.match(tables(lists), column, *url_features(column))
    assert expected.tolist() == [8, 1, 8]
    large = [a.cast(pa.large_string()) for a in (column, *url_features(column))]
    assert urls.match(tables(lists), *large).tolist() == [8, 1, 8]
    sliced = [a[1:] for a in (column, *url_features(column))]
    assert urls.match(tables(lists), *sliced).tolist() == [1, 8]


def test_a_hostile_url_and_a_hostile_list_take_linear_time() -> None:
    """Each substring is a prefix of the next, and the URL is made of them: a search that began
    again at every byte would take 10^10 steps."""
    lists = Lists(substrings=frozenset("a" * size for size in range(2, 600)) | {"a" * 600 + "b"})
    long = "http://x.com/" + "a" * 10_000_000
    assert found(lists, long) == [["url_substring"]]
