"""Releases to export: rows of a data set, written straight into a lake and tagged."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta, timezone

import pytest

from lakeprep.lake.catalog import Lake, dataset_tables
from lakeprep.lake.runs import Run
from support import complete

SENTENCES = ("The river was high in spring. ", "Die Brücke ist aus Stein. ", "春天的河水很高。")


def make_rows(count: int, first: int = 0) -> list[dict[str, object]]:
    """Rows whose texts differ in length and script, with a null in every column that has one."""
    start = datetime(2026, 1, 1, tzinfo=timezone.utc)
    return [
        {
            "doc_id": f"{(number * 0x9E3779B97F4A7C15) % (1 << 128):032x}",
            "url": f"https://site{number % 7}.example/page/{number}?a=1&b=\u00e9",
            "host": f"site{number % 7}.example",
            "domain": f"site{number % 7}.example",
            "fetched_at": start + timedelta(seconds=number, microseconds=number % 3),
            "language": ("en", "de", "zh")[number % 3],
            "title": None if number % 5 == 0 else f'Page "{number}"',
            "text": SENTENCES[number % 3] * (number % 50 + 1) + f"\n\u2028{number}",
            "word_count": number,
            "removed": [("characters", number)] if number % 3 else [],
            "quality_score": (None, 0.5, float("nan"))[number % 3],
            "pii": [("phone", 1), ("email", number)] if number % 2 else [],
            "run_id": "20260107-1",
        }
        for number in range(first, first + count)
    ]


@pytest.fixture(scope="session")
def gold_rows() -> Callable[..., list[dict[str, object]]]:
    return make_rows


@pytest.fixture
def release(lake: Lake, run: Run) -> Callable[..., Lake]:
    """Appends rows to gold.web and their outcomes, with so many `copies` dropped in favour of each,
    tags both tables, and gives back the lake."""

    def make(
        rows: Sequence[dict[str, object]],
        tag: str,
        partitions: int = 1,
        copies: Mapping[object, int] | None = None,
    ) -> Lake:
        outcomes = [{"doc_id": row["doc_id"], "outcome": "kept"} for row in rows]
        for doc_id, number in (copies or {}).items():
            dropped = {"outcome": "duplicate", "duplicate_of": doc_id}
            outcomes += [{"doc_id": f"{doc_id}-{n}", **dropped} for n in range(number)]
        tables = dataset_tables("web")
        lake.ensure(*tables)
        for table, added in zip(tables, (outcomes, rows), strict=True):
            frame = lake.spark.createDataFrame(complete(table, added)).repartition(partitions)
            lake.append(frame, table, branch=None, properties=run.provenance())
            lake.spark.sql(f"ALTER TABLE {lake.full_name(table)} CREATE TAG `{tag}`")
        return lake

    return make
