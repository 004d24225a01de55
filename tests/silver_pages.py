"""Silver made from texts by the kernels alone, and what a data set says of it."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta, timezone
from hashlib import blake2b
from statistics import mean

import pyarrow as pa

from lakeprep.curate.stage import curate
from lakeprep.lake.catalog import Lake
from lakeprep.lake.runs import Run
from lakeprep.publish.stage import publish
from lakeprep.recipe import Recipe
from support import complete

BEGIN = datetime(2026, 3, 1, tzinfo=timezone.utc)


@dataclass(frozen=True)
class Page:
    """A document of silver."""

    number: int
    text: str
    day: float = 0.0
    url: str = ""
    word_count: float = 0.0

    @property
    def doc_id(self) -> str:
        return blake2b(str(self.number).encode(), digest_size=16).hexdigest()


#: doc_id of each document -> the number of its survivor (its own if kept), and of its cluster's.
Decided = dict[int, tuple[int, int]]


class Silver:
    """A lake whose silver is made of pages; `day` decides and releases them."""

    def __init__(self, lake: Lake, run: Run, recipe: Recipe) -> None:
        self.lake, self.run, self.recipe = lake, run, recipe
        self.numbers: dict[str, int] = {}

    def add(self, pages: Sequence[Page], *, partitions: int = 1) -> None:
        """Append pages to silver, as the score stage would."""
        from lakeprep.kernels.minhash import band_keys

        bands = band_keys(pa.array([page.text for page in pages])).to_pylist()
        rows = [
            {
                "doc_id": page.doc_id,
                "url": page.url or f"http://x{page.number}.example/",
                "url_key": page.url or f"x{page.number}.example/",
                "fetched_at": BEGIN + timedelta(days=page.day),
                "status": "ok",
                "text": page.text,
                "text_digest": blake2b(page.text.encode(), digest_size=16).hexdigest(),
                "language": "en",
                "language_score": 1.0,
                "signals": {
                    "word_count": page.word_count or float(len(page.text.split())),
                    "mean_word_length": mean(map(len, page.text.split() or [""])),
                },
                "bands": keys,
            }
            for page, keys in zip(pages, bands, strict=True)
        ]
        self.numbers |= {page.doc_id: page.number for page in pages}
        frame = self.lake.spark.createDataFrame(complete("silver.documents", rows))
        frame = frame.repartition(partitions)
        self.lake.append(frame, "silver.documents", branch=None, properties={})
        exploded = frame.selectExpr("POSEXPLODE(bands) AS (band, key)", "doc_id")
        self.lake.append(exploded, "silver.bands", branch=None, properties={})

    def decide(self, day: int = 1, *, full: bool = False) -> None:
        """Curate and publish what is new."""
        run = replace(self.run, run_id=f"202603{day:02d}-1")
        curate(self.lake, run, self.recipe, full=full)
        publish(self.lake, run, self.recipe)

    def decided(self) -> Decided:
        rows = self.lake.frame("gold.web_outcomes").collect()
        return {
            self.numbers[row.doc_id]: (
                self.numbers[row.duplicate_of or row.doc_id],
                self.numbers[row.cluster_id],
            )
            for row in rows
        }

    def survivors(self) -> dict[int, int]:
        return {number: survivor for number, (survivor, _) in self.decided().items()}

    def evidence(self) -> list[tuple[object, ...]]:
        """Outcomes without the run, and gold's texts: what must not depend on the cut into runs."""
        outcomes = self.lake.frame("gold.web_outcomes").drop("run_id").collect()
        gold = self.lake.frame("gold.web").drop("run_id").collect()
        return sorted((tuple(map(str, row)) for row in [*outcomes, *gold]), key=str)


def word(number: int) -> str:
    """A word of its own for each number, without digits: these all count as one number."""
    return "".join(chr(ord("a") + int(digit)) for digit in str(number))


def sentence(chance: random.Random, words: int) -> list[str]:
    return [word(chance.randrange(5000)) for _ in range(words)]


def drifting_pages(families: int, versions: int, days: int, seed: int = 7) -> list[Page]:
    """Families of pages: each a little other than the one before, so that the last of a family is
    unlike its first; in order of day, several a day at one time."""
    chance = random.Random(seed)
    texts = []
    for family in range(families):
        words = sentence(chance, 200)
        for version in range(versions):
            at = chance.randrange(190)
            words[at : at + 5] = sentence(chance, 5)
            copied = chance.random() < 0.1 and texts
            texts.append((texts[-1][0] if copied else " ".join(words), family, version))
    chance.shuffle(texts)
    return [
        Page(
            number,
            text,
            day=number * days // len(texts),
            url=f"x{family}.example/{version % 5}",
        )
        for number, (text, family, version) in enumerate(texts)
    ]
