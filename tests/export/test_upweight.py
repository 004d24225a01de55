"""Weights by cluster size: FineWeb-2's are those published, and others are checked."""

from __future__ import annotations

import pytest

from lakeprep.errors import UsageError
from lakeprep.export.upweight import parse_weights, times


@pytest.mark.spark
def test_fineweb2_is_what_was_published(spark) -> None:
    """Once; N times for 2 and 3; 3 times for 4; then 5 and 8 times; and once from a thousand on."""
    steps = (1, 2, 3, 4, 5, 99, 100, 999, 1000, 10**9)
    sizes = spark.createDataFrame([(size,) for size in steps], "cluster_size long")
    rows = sizes.select("cluster_size", times(parse_weights("fineweb2")).alias("times"))
    assert dict(map(tuple, rows.collect())) == {
        1: 1, 2: 2, 3: 3, 4: 3, 5: 5, 99: 5, 100: 8, 999: 8, 1000: 1, 10**9: 1,
    }  # fmt: skip


def test_steps_of_your_own() -> None:
    assert parse_weights("5:3, 1:1,2:2") == {1: 1, 2: 2, 5: 3}


@pytest.mark.parametrize(
    "text",
    ["", "fineweb", "2:2", "1:0", "1:1,1:2", "1:101", "1:1;2:2", "1:1,", "-1:1", "1:1.5"],
)
def test_weights_that_cannot_be_meant(text: str) -> None:
    """`1:0` would leave documents out, which is a rule's business."""
    with pytest.raises(UsageError, match="SIZE:TIMES"):
        parse_weights(text)
