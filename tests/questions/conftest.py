"""A lake of one cluster, whose every figure can be counted by hand."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from lakeprep.lake.catalog import Lake, dataset_tables
from lakeprep.recipe import Recipe, signal_names
from support import THEN, Row, complete

#: A title that would colour and turn what follows it, were it printed as it is.
HOSTILE = "[red]\x1b[31m\u202emoc.elpmaxe\n[/red]"


def name(number: int) -> str:
    return f"{number:032x}"


def document(number: int, domain: str = "a.example", path: str = "", **more: object) -> Row:
    """Document `number`, fetched that many hours later than the first."""
    path = path or str(number)
    return {
        "doc_id": name(number),
        "url": f"https://{domain}/{path}",
        "url_key": f"{domain}/{path}",
        "domain": domain,
        "fetched_at": THEN + timedelta(hours=number),
        "status": "ok",
        "language": "en",
        "language_score": 0.9,
        "title": HOSTILE,
        "text": f"The text of {number}.",
        "signals": dict.fromkeys(signal_names(), 0.0) | {"word_count": 100.0 + number},
        "record_id": f"urn:{number}",
        "source_path": "crawl.warc.gz",
        "source_offset": number,
        "source_length": 9,
        "run_id": "score-run",
        **more,
    }


def outcome(
    number: int, kind: str = "", of: int = 0, similarity: float = 1.0, **more: object
) -> Row:
    """Kept, or a duplicate of document `of`; all of them in the cluster of document 0."""
    row = {"doc_id": name(number), "outcome": "kept", "cluster_id": name(0), "run_id": "curate-run"}
    if kind:
        found = {"duplicate_of": name(of), "duplicate_kind": kind, "similarity": similarity}
        row |= {"outcome": "duplicate", "containment": 1.0, **found}
    return {**row, **more}


def documents() -> list[Row]:
    """0 and 1: one URL, captured twice; 2: a near copy elsewhere; 3: kept, too, with 25 exact
    copies, 100 to 124; 4: fails two rules; 5: alone."""
    copies = (document(number, f"m{number % 5}.example") for number in range(100, 125))
    return [
        document(0),
        document(1, path="0"),
        document(2, "b.example"),
        document(3, "c.example"),
        document(4, language_score=0.1),
        document(5, "d.example", "five?x=1"),
        *copies,
    ]


def outcomes() -> list[Row]:
    filtered = {"outcome": "filtered", "reasons": ["language_score", "word_count"]}
    return [
        outcome(0),
        outcome(1, "url", 0, 0.5),
        outcome(2, "near", 0, 0.875),
        outcome(3),
        outcome(4, cluster_id=name(4), **filtered),
        outcome(5, cluster_id=name(5)),
        *(outcome(number, "exact", 3) for number in range(100, 125)),
    ]


@pytest.fixture(scope="session")
def recipe() -> Recipe:
    """Not a shipped one; it decided the data set `web`."""
    rules = [{"signal": "word_count", "max": 103, "source": "by hand"}]
    return Recipe.model_validate({"name": "w", "languages": {"min_score": 0.5}, "rules": rules})


@pytest.fixture(scope="session")
def known(
    open_lake: Callable[[Path], Lake], tmp_path_factory: pytest.TempPathFactory, recipe: Recipe
) -> Lake:
    """The data set `web` in two releases, 3 and 5 in the second only, and `other`, which keeps
    document 4; one page that is not scored, and one reject."""
    lake = open_lake(tmp_path_factory.mktemp("known").resolve())

    def add(table: str, rows: list[Row], **properties: str) -> None:
        frame = lake.spark.createDataFrame(complete(table, rows)).coalesce(1)
        lake.append(frame, table, branch=None, properties=properties)

    pages = [{"page_id": row["doc_id"], "run_id": "ingest-run"} for row in documents()]
    waiting = {"page_id": name(999), "url": "https://new.example/", "source_path": "n.warc"}
    add("bronze.pages", [*pages, waiting])
    rejected = {"url": "https://r.example/", "record_id": "urn:r", "reason": "damaged"}
    add("bronze.rejects", [{**rejected, "detail": HOSTILE}])
    add("silver.documents", documents())
    for dataset in ("web", "other"):
        lake.ensure(*dataset_tables(dataset))
    add("gold.web_outcomes", outcomes(), **{"recipe-hash": recipe.hash})
    add("gold.other_outcomes", [outcome(4, cluster_id=name(4))])
    for release, kept in (("release_1", [0]), ("release_2", [3, 5])):
        add("gold.web", [{"doc_id": name(number)} for number in kept])
        lake.spark.sql(f"ALTER TABLE {lake.full_name('gold.web')} CREATE TAG `{release}`")
    return lake
