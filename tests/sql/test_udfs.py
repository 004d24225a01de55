"""The SQL functions: what docs/sql.md shows, nulls, and that they are what silver holds."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa
import pytest

from lakeprep import udfs

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

DOCS = Path(__file__).resolve().parents[2] / "docs" / "sql.md"
EXAMPLE = re.compile(r"```sql\n(.*?)```\n\n```json\n(.*?)```", re.DOTALL)
TEXTS = ["A first text. It has words!", None, "", "你好，世界。", "mail me: a.b@example.org", "\n"]


def examples() -> Iterator[tuple[str, object]]:
    for query, rows in EXAMPLE.findall(DOCS.read_text(encoding="utf-8")):
        if "lp_" in query:  # the others need a lake: tests/questions/test_views.py
            yield query, json.loads(rows)


@pytest.fixture(scope="module")
def functions(spark: SparkSession) -> list[str]:
    return udfs.register(spark)


@pytest.mark.spark
def test_the_examples_of_the_docs(spark: SparkSession, functions: list[str]) -> None:
    shown = list(examples())
    assert len(shown) >= 6
    for query, expected in shown:
        rows = [row.asDict(recursive=True) for row in spark.sql(query).collect()]
        assert rows == expected, query


@pytest.mark.spark
def test_every_function_in_one_query(spark: SparkSession, functions: list[str]) -> None:
    """Results have the types that were declared, and null in is null out."""
    calls = [f"{n}(t, t)" if n == "lp_similarity" else f"{n}(t)" for n in functions]
    selected = [f"{call} AS {name}" for name, call in zip(functions, calls, strict=True)]
    frame = spark.createDataFrame([(text,) for text in TEXTS], "t string").coalesce(1)
    rows = frame.selectExpr(*selected).collect()
    for text, row in zip(TEXTS, rows, strict=True):
        if text is None:
            assert all(value is None for value in row)
        else:
            assert row.lp_signals.word_count >= 0 and row.lp_words is not None
    assert rows[0].lp_similarity == 1.0
    assert rows[4].lp_pii == {"email": 1}


def test_words_are_those_of_the_signals() -> None:
    texts = pa.array(TEXTS)
    words = udfs.lp_words(texts).to_pylist()
    assert words[0] == ["A", "first", "text", ".", "It", "has", "words", "!"]
    assert words[1:4] == [None, [], ["你", "好", "，", "世", "界", "。"]]
    assert udfs.lp_words(texts.slice(3, 2)).to_pylist() == words[3:5]
    assert udfs.lp_words(texts.cast(pa.large_string())).to_pylist() == words


def test_signals_are_those_of_the_kernels() -> None:
    from lakeprep.kernels.signals import SIGNAL_NAMES, text_signals

    texts = pa.array([text for text in TEXTS if text])
    rows = udfs.lp_signals(texts, pa.array(["en"] * len(texts))).to_pylist()
    direct = text_signals(texts)
    for name in set(SIGNAL_NAMES) - {"stop_word_count"}:
        assert [row[name] for row in rows] == direct[name].tolist(), name


def test_signatures_of_texts_without_shingles_are_null() -> None:
    found = udfs.lp_signature(pa.array(["one two three four five six", "", None, "!?"]))
    assert [one is None for one in found.to_pylist()] == [False, True, True, True]
    assert len(found[0]) == 112 and all(0 <= value < 1 << 32 for value in found[0].as_py())


def test_other_types_are_taken_as_their_text() -> None:
    assert udfs.lp_words(pa.array([12, None])).to_pylist() == [["12"], None]


def test_a_url_without_a_host() -> None:
    """Null, where silver has the empty string: an unknown domain is no domain of its own."""
    urls = pa.array(["mailto:a@b.example", "https://a.example/"])
    assert udfs.lp_host(urls).to_pylist() == [None, "a.example"]
    assert udfs.lp_domain(urls).to_pylist() == [None, "a.example"]
