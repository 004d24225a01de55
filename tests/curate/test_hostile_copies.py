"""Copies in such numbers, or of such a size, that comparing each with each would never end."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

import pyarrow as pa
import pytest
from pyspark.sql import functions as f

from lakeprep.lake.schema import table_schema
from silver_pages import Silver, word
from support import INTERPRETED

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

pytestmark = [pytest.mark.slow, pytest.mark.spark]


@pytest.fixture(autouse=True)
def compiled_plans(silver: Silver) -> None:
    """There are rows enough."""
    for key in INTERPRETED:
        silver.lake.spark.conf.unset(key)


def words(count: int, seed: str = "") -> str:
    """SQL for so many words of letters alone, others for each value of `seed`."""
    word = f"TRANSLATE(HEX(XXHASH64(i{seed and f', {seed}'})), '0123456789', 'ghijklmnop')"
    return f"ARRAY_JOIN(TRANSFORM(SEQUENCE(1, {count}), i -> {word}), ' ')"


#: SQL for the words that all pages share.
TEMPLATE = f"'{' '.join(word(i) for i in range(200))}'"


def fill(silver: Silver, count: int, text: str) -> None:
    """Append documents 0 to `count` to silver, their texts made by SQL of `id`."""

    def with_bands(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        from lakeprep.kernels.minhash import band_keys

        for batch in batches:
            bands = band_keys(batch.column("text"))
            yield pa.RecordBatch.from_arrays(
                [*batch.columns, bands], [*batch.schema.names, "bands"]
            )

    signals = table_schema("silver.documents").spark()["signals"].dataType.simpleString()
    made = silver.lake.spark.range(0, count, 1, 8).selectExpr(
        "SUBSTR(SHA2(CAST(id AS STRING), 256), 1, 32) AS doc_id",
        "CONCAT('http://x', id, '.example/') AS url",
        "CONCAT('x', id, '.example/') AS url_key",
        "CONCAT('x', id, '.example') AS host",
        "CONCAT('x', id, '.example') AS domain",
        "TIMESTAMP_SECONDS(1772323200 + id) AS fetched_at",
        "'ok' AS status",
        f"FROM_JSON('{{\"word_count\": 9}}', '{signals}') AS signals",
        "'' AS source_path",
        "id AS source_offset",
        "0L AS source_length",
        "'20260301-1' AS run_id",
        f"{text} AS text",
    )
    made = made.withColumn("text_digest", f.expr("SUBSTR(SHA2(text, 256), 1, 32)"))
    kinds = ", ".join(f"{field.name} {field.dataType.simpleString()}" for field in made.schema)
    scored = made.mapInArrow(with_bands, f"{kinds}, bands array<bigint>")
    silver.lake.append(complete(scored), "silver.documents", branch=None, properties={})
    bands = silver.lake.frame("silver.documents").selectExpr(
        "POSEXPLODE(bands) AS (band, key)", "doc_id"
    )
    silver.lake.append(bands, "silver.bands", branch=None, properties={})


def complete(frame: DataFrame) -> DataFrame:
    """With every column of silver.documents."""
    return frame.select(
        *(
            (f.col(field.name) if field.name in frame.columns else f.lit(None))
            .cast(field.dataType)
            .alias(field.name)
            for field in table_schema("silver.documents").spark()
        )
    )


def outcomes(silver: Silver) -> dict[tuple[str, str | None], int]:
    """How many documents by outcome and kind of evidence."""
    from lakeprep.curate.stage import curate

    result = curate(silver.lake, replace(silver.run, run_id="20260301-1"), silver.recipe)
    rows = silver.lake.spark.read.option("branch", "curate_20260301-1").table(
        "lake.gold.web_outcomes"
    )
    found = rows.groupBy("outcome", "duplicate_kind").count().collect()
    assert result.rows_in == sum(row["count"] for row in found)
    return {(row.outcome, row.duplicate_kind): row["count"] for row in found}


def test_a_million_pages_of_one_line(silver: Silver) -> None:
    fill(silver, 1_000_000, "'the same line of nine words on every page'")
    assert outcomes(silver) == {("kept", None): 1, ("duplicate", "exact"): 999_999}


def test_near_copies_of_one_template(silver: Silver) -> None:
    """196 of 211 to 226 shingles are those of the template: a similarity of .87. Pages meet in its
    bands, of which one in 80,000 pages has none."""
    fill(silver, 300_000, f"CONCAT({TEMPLATE}, ' ', {words(15, 'id')})")
    found = outcomes(silver)
    assert found.keys() == {("kept", None), ("duplicate", "near")}
    assert 1 <= found["kept", None] <= 12


def test_unlike_pages_of_one_template(silver: Silver) -> None:
    """Similarity .49: a bucket is shared by one pair in twenty, and no pair is a duplicate."""
    fill(silver, 300_000, f"CONCAT({TEMPLATE}, ' ', {words(100, 'id')})")
    assert outcomes(silver) == {("kept", None): 300_000}


def test_fifty_megabytes(silver: Silver) -> None:
    """Three documents of 50 MB: the second is the first again, with a word more, the third not."""
    fill(silver, 3, f"CONCAT({words(3_000_000, 'id DIV 2')}, REPEAT(' end', id))")
    assert outcomes(silver) == {("kept", None): 2, ("duplicate", "near"): 1}
