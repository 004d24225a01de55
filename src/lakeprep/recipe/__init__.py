"""Recipes: YAML to a checked, frozen model with stable hashes."""

from lakeprep.recipe.loading import load_recipe, shipped_recipes
from lakeprep.recipe.sections import (
    Bounds,
    Duplicates,
    Languages,
    Passages,
    Recipe,
    Rule,
    SiteLines,
    signal_names,
    unknown_signal,
)
from lakeprep.recipe.url import Kind, Url

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
