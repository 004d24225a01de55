"""What a run checks of the tables before it adds to them."""

from __future__ import annotations

import pytest

from lakeprep.errors import RecipeError
from lakeprep.lake.catalog import Lake
from lakeprep.lake.runs import Run, check_score_section

pytestmark = pytest.mark.spark


def test_silver_of_another_score_section_is_refused(lake: Lake, run: Run) -> None:
    """Thresholds on signals of an edited text would decide on those of an unedited one."""
    check_score_section(lake, run)  # nothing is scored yet
    nothing = lake.frame("silver.documents").limit(0)
    lake.append(nothing, "silver.documents", branch=None, properties=run.provenance())
    check_score_section(lake, run)
    other = {**run.provenance(), "score-hash": "another"}
    lake.append(nothing, "silver.documents", branch=None, properties=other)
    with pytest.raises(RecipeError, match="lakeprep rescore"):
        check_score_section(lake, run)
