"""What breaks if this fails: more boilerplate in, or more of the articles out, than before."""

from __future__ import annotations

import gzip
import html
import json
import re
from collections import Counter
from pathlib import Path
from typing import Final

import pyarrow as pa
import pytest

from lakeprep.score.extract_batch import score_pages
from lakeprep.score.options import ScoreOptions

WORD: Final = re.compile(r"\w+")
TAG: Final = re.compile(r"<[^>]+>")


def pages_of(data: Path, name: str) -> dict[str, tuple[str, str | None]]:
    """URL to status and text, through the whole page pass, for one file of the crawl."""
    from fastwarc.warc import ArchiveIterator, WarcRecordType

    urls, bodies, kinds = [], [], []
    with (data / "crawl" / f"{name}.warc.gz").open("rb") as file:
        for record in ArchiveIterator(file, record_types=WarcRecordType.response):
            urls.append(record.headers["WARC-Target-URI"])
            bodies.append(record.reader.read())
            kinds.append(record.http_content_type)
    found = score_pages(
        pa.array(bodies, pa.large_binary()),
        pa.array(kinds, pa.string()),
        pa.array([record_charset(kind) for kind in kinds], pa.string()),
        ScoreOptions(),
    )
    return dict(
        zip(urls, zip(found.status.to_pylist(), found.text.to_pylist(), strict=True), strict=True)
    )


def record_charset(kind: str | None) -> str | None:
    return (kind or "").partition("charset=")[2] or None


def gold_of(data: Path, name: str) -> dict[str, dict[str, list[str]]]:
    with gzip.open(data / "gold" / "extraction.jsonl.gz", "rt", encoding="utf-8") as lines:
        rows = [json.loads(line) for line in lines]
    return {row["url"]: row for row in rows if row["set"] == name}


def shingles(text: str) -> Counter[tuple[str, ...]]:
    words = WORD.findall(text)
    return (
        Counter(tuple(words[i : i + 4]) for i in range(max(1, len(words) - 3)))
        if words
        else (Counter())
    )


def f1(found: dict[str, tuple[str, str | None]], truth: dict[str, str]) -> float:
    """F1 of mean precision and mean recall of 4-gram shingles, as the set's authors score it."""
    precision = recall = 0.0
    for url, text in truth.items():
        expected, actual = shingles(text), shingles(found[url][1] or "")
        common = sum((expected & actual).values())
        precision += common / max(1, sum(actual.values()))
        recall += common / max(1, sum(expected.values()))
    precision, recall = precision / len(truth), recall / len(truth)
    return 2 * precision * recall / (precision + recall)


@pytest.mark.parametrize(
    ("crawl", "gold", "field", "least"),
    [
        ("articles", "articles", "text", 0.92),
        ("reader_view", "reader_view", "html", 0.93),
        ("press_multilingual", "press", "html", 0.91),
    ],
)
def test_f1_on_labelled_pages(data: Path, crawl: str, gold: str, field: str, least: float) -> None:
    found = pages_of(data, crawl)
    truth = {
        url: str(row[field]) if field == "text" else html.unescape(TAG.sub(" ", str(row[field])))
        for url, row in gold_of(data, gold).items()
        if url in found
    }

    assert len(truth) > 100
    assert f1(found, truth) > least


def test_must_have_strings(data: Path) -> None:
    found, gold = pages_of(data, "snippets"), gold_of(data, "snippets")
    kept = wanted = leaked = unwanted = 0
    for url, row in gold.items():
        text = " ".join((found[url][1] or "").split()) if url in found else ""
        kept += sum(" ".join(part.split()) in text for part in row["must_have"])
        wanted += len(row["must_have"])
        leaked += sum(" ".join(part.split()) in text for part in row["must_not_have"])
        unwanted += len(row["must_not_have"])

    assert kept / wanted > 0.94
    assert leaked / unwanted < 0.26


def test_pages_that_broke_another_extractor_pass(data: Path) -> None:
    statuses = Counter(status for status, _ in pages_of(data, "pathological").values())

    assert statuses["ok"] >= 79
    assert set(statuses) <= {"ok", "empty"}
