"""Recipes: YAML to a checked, frozen model with stable hashes."""

from lakeprep.recipe.loading import load_recipe, shipped_recipes
from lakeprep.recipe.sections import (
    Bounds,
    Duplicates,
    Kind,
    Languages,
    Passages,
    Recipe,
    Rule,
    SiteLines,
    Url,
    signal_names,
    unknown_signal,
)

__all__ = [
    "Bounds",
    "Duplicates",
    "Kind",
    "Languages",
    "Passages",
    "Recipe",
    "Rule",
    "SiteLines",
    "Url",
    "load_recipe",
    "shipped_recipes",
    "signal_names",
    "unknown_signal",
]
