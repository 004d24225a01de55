"""Up-weighting: how often a document stands in an export, by how many copies the crawl had."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

from lakeprep.errors import UsageError

if TYPE_CHECKING:
    from pyspark.sql import Column

CLUSTER_SIZE: Final = "cluster_size"
#: Least cluster size of a step -> how often its documents stand in the export.
Weights = Mapping[int, int]
#: The weights that FineWeb-2 proposes for re-hydration: README of huggingface/fineweb-2, section
#: "Deduplication"; the paper (arXiv 2506.20920) has the reasons. A page that was copied a thousand
#: times is taken to be boilerplate.
PUBLISHED: Final[Mapping[str, Weights]] = {"fineweb2": {1: 1, 2: 2, 3: 3, 5: 5, 100: 8, 1000: 1}}
MOST_TIMES: Final = 100
_STEP: Final = re.compile(r"([1-9][0-9]{0,8}):([1-9][0-9]{0,8})")


def parse_weights(text: str) -> Weights:
    """Weights by name, or as `SIZE:TIMES,...`: from SIZE on, until the next step, TIMES.

    Raises:
        UsageError: another form, a step twice, no first step, or more than MOST_TIMES.
    """
    if text in PUBLISHED:
        return PUBLISHED[text]
    steps = [_STEP.fullmatch(step.strip()) for step in text.split(",")]
    found = {int(step[1]): int(step[2]) for step in steps if step}
    if len(found) != len(steps) or 1 not in found or max(found.values()) > MOST_TIMES:
        raise UsageError(
            f"--upweight {text!r}: expected {' or '.join(PUBLISHED)}, or steps SIZE:TIMES,... such "
            f"as 1:1,2:2,5:3, each size once, from 1 on, at most {MOST_TIMES} times"
        )
    return dict(sorted(found.items()))


def times(weights: Weights) -> Column:
    """How often a row stands in the export, by its `cluster_size`."""
    from pyspark.sql import functions as f

    found = f.lit(1)
    for size, number in sorted(weights.items()):
        found = f.when(f.col(CLUSTER_SIZE) >= size, number).otherwise(found)
    return found
