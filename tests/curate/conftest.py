"""A lake with silver made by hand."""

from __future__ import annotations

from dataclasses import replace

import pytest

from lakeprep.lake.catalog import Lake
from lakeprep.lake.runs import Run
from lakeprep.recipe import Recipe
from silver_pages import Silver


@pytest.fixture
def lenient() -> Recipe:
    """No rule: every page is kept unless it is a duplicate."""
    return Recipe.model_validate({"name": "web", "masking": {"kinds": []}})


@pytest.fixture
def silver(lake: Lake, run: Run, lenient: Recipe) -> Silver:
    return Silver(lake, replace(run, recipe_hash=lenient.hash), lenient)
