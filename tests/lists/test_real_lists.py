"""Published word lists on URLs that people have put into categories.

The lists are another project's, read where they lie. They were made for pornography, so that is
what they must find; news, government and health pages are what they must leave alone.
"""

from __future__ import annotations

import csv
import gzip
import re
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from lakeprep.curate.urls import reason_lists
from lakeprep.kernels.urls import match
from lakeprep.recipe import Url
from lakeprep.score.url import url_features

KEYS = {
    "blocked_words": "banned_words.txt.gz",
    "soft_words": "soft_banned_words.txt.gz",
    "substrings": "banned_subwords.txt.gz",
}


@pytest.fixture(scope="module")
def lists(data: Path) -> Path:
    folder = data / "lists" / "url_bans" / "fineweb_url_filters"
    if not folder.is_dir():
        pytest.skip(f"no published lists at {folder}")
    return folder


@pytest.fixture(scope="module")
def rows(data: Path) -> list[tuple[str, str]]:
    """URL and category."""
    found: dict[str, str] = {}
    for path in sorted((data / "gold" / "url_categories" / "lists").glob("[a-z]*.csv")):
        with path.open(encoding="utf-8", newline="") as file:
            found |= {row["url"]: row["category_code"] for row in csv.DictReader(file)}
    return sorted(found.items())


def reasons(url: Url, urls: list[str]) -> list[list[str]]:
    column = pa.array(urls)
    bits = match(url.compiled.tables, column, *url_features(column))
    answer: list[list[str]] = reason_lists(bits).to_pylist()
    return answer


def words(path: Path) -> set[str]:
    with gzip.open(path, "rt", encoding="utf-8") as file:
        lines = [line for line in file if line.isascii() and not line.startswith("#")]
    return {re.sub("[^a-z0-9]", "", line.lower()) for line in lines} - {""}


def test_word_reasons_are_what_the_definitions_say(
    lists: Path, rows: list[tuple[str, str]]
) -> None:
    """On every URL, against sets and `in`."""
    url = Url.model_validate({key: {"file": str(lists / name)} for key, name in KEYS.items()})
    hard, soft, parts = (words(lists / name) for name in KEYS.values())
    urls = [row[0] for row in rows]
    for given, found in zip(urls, reasons(url, urls), strict=True):
        lower = given.translate({code: code + 32 for code in range(65, 91)})
        in_url = set(re.split("[^a-z0-9]+", lower))
        packed = re.sub("[^a-z0-9]", "", lower)
        expected = {
            "url_word": bool(in_url & hard),
            "url_soft_words": len(in_url & soft) > 1,
            "url_substring": any(part in packed for part in parts),
        }
        assert found == [reason for reason, holds in expected.items() if holds], given


def test_what_word_lists_find(lists: Path, rows: list[tuple[str, str]]) -> None:
    url = Url.model_validate({key: {"file": str(lists / name)} for key, name in KEYS.items()})
    category = np.array([row[1] for row in rows])
    blocked = np.array([bool(found) for found in reasons(url, [row[0] for row in rows])])
    adult = category == "PORN"
    plain = np.isin(category, ["NEWS", "GOVT", "HUMR", "PUBH", "POLR", "REL", "ENV", "ECON"])
    hard = np.isin(category, ["XED", "LGBT"])
    precision = blocked[adult].sum() / (blocked[adult].sum() + blocked[plain].sum())
    assert adult.sum() > 300
    assert plain.sum() > 10_000
    # Whole words seldom stand in the names of sites; domain lists are there for those.
    assert blocked[adult].mean() >= 0.08
    assert precision >= 0.96
    assert blocked[plain].mean() <= 0.0001
    assert blocked[hard].mean() <= 0.0015


def test_listed_domains_are_found_again(tmp_path: Path, rows: list[tuple[str, str]]) -> None:
    """A list made of one category's domains blocks all of it, and of another category only what
    lies on the same domains."""
    columns = url_features(pa.array([row[0] for row in rows]))
    domains = columns[2].to_pylist()
    adult = {name for (_, code), name in zip(rows, domains, strict=True) if code == "PORN"}
    path = tmp_path / "domains"
    path.write_text("\n".join(sorted(adult - {None})))
    url = Url(lists=(str(path),))
    found = reasons(url, [row[0] for row in rows])
    assert [("url_domain" in one) for one in found] == [name in adult for name in domains]
