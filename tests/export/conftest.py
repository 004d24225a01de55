"""Releases to export: rows of a data set, written straight into a lake and tagged."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta, timezone

import pyarrow as pa
import pytest

from lakeprep.lake.catalog import Lake, dataset_tables
from lakeprep.lake.runs import Run
from lakeprep.lake.schema import table_schema

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
    """Appends rows to gold.web, tags that, and gives back the lake."""

    def make(rows: Sequence[dict[str, object]], tag: str, partitions: int = 1) -> Lake:
        lake.ensure(*dataset_tables("web"))
        table = pa.Table.from_pylist(list(rows), schema=table_schema("gold.dataset").arrow())
        frame = lake.spark.createDataFrame(table).repartition(partitions)
        lake.append(frame, "gold.web", branch=None, properties=run.provenance())
        lake.spark.sql(f"ALTER TABLE {lake.full_name('gold.web')} CREATE TAG `{tag}`")
        return lake

    return make
