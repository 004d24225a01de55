"""The views over a data set: what docs/sql.md shows of them, and that they follow the tables."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from lakeprep import views
from lakeprep.lake.catalog import Lake

pytestmark = pytest.mark.spark

DOCS = Path(__file__).resolve().parents[2] / "docs" / "sql.md"
EXAMPLE = re.compile(r"```sql\n(.*?)```\n\n```json\n(.*?)```", re.DOTALL)


def test_the_examples_of_the_docs(known: Lake) -> None:
    """Every view is shown, and gives those rows on the lake of these tests."""
    shown = [
        example for example in EXAMPLE.findall(DOCS.read_text("utf-8")) if "web_" in example[0]
    ]
    for query, expected in shown:
        assert len(views.register(known.spark, query)) == 1
        rows = [row.asDict() for row in known.query(query).collect()]
        assert json.loads(json.dumps(rows, default=str)) == json.loads(expected), query
    for view in views.view_names():
        assert any(f"web_{view}" in query for query, _ in shown), view


def test_what_a_query_names_is_registered(known: Lake) -> None:
    assert views.register(known.spark, "SELECT 1 FROM gold.web") == []
    assert views.register(known.spark, "SELECT * FROM Web_Largest") == ["web_largest"]
    known.spark.sql("SELECT * FROM web_largest")
