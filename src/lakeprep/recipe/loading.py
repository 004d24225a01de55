"""Recipes from YAML files, with errors that name the file, the key and the value."""

from __future__ import annotations

import difflib
from pathlib import Path

import yaml
from pydantic import BaseModel, ValidationError

from lakeprep.bad_words import read_bad_words
from lakeprep.errors import InputError, RecipeError
from lakeprep.recipe.base import Section
from lakeprep.recipe.sections import Recipe
from lakeprep.resources import resource


def shipped_recipes() -> list[str]:
    """Names of the recipes inside the package."""
    return sorted(path.stem for path in resource("recipes").glob("*.yaml"))


def load_recipe(name: str) -> Recipe:
    """A shipped recipe by name, or the one in a YAML file.

    The files that its section `url` names are read, too.

    Raises:
        RecipeError: no such recipe or file, not YAML, unknown keys, impossible values; a list of
            URLs that cannot be read or is none.
    """
    if name in shipped_recipes():
        path = resource("recipes", f"{name}.yaml")
    elif name.endswith((".yaml", ".yml")) or "/" in name:
        path = Path(name)
    else:
        near = difflib.get_close_matches(name, shipped_recipes(), n=1)
        hint = f" Did you mean {near[0]}?" if near else ""
        raise RecipeError(
            f"no recipe {name!r}; shipped recipes: {', '.join(shipped_recipes())}; "
            f"or give the path of a .yaml file.{hint}"
        )
    try:
        raw = yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise RecipeError(f"recipe {path}: cannot be read ({error.strerror})") from None
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise RecipeError(f"recipe {path}: not YAML: {' '.join(str(error).split())}") from None
    if not isinstance(raw, dict):
        raise RecipeError(f"recipe {path}: expected a mapping of sections")
    raw.setdefault("name", path.stem)
    try:
        recipe = Recipe.model_validate(raw, context={"folder": path.resolve().parent})
        if recipe.url.has_files:
            _ = recipe.url.compiled
    except ValidationError as error:
        raise RecipeError(f"recipe {path}: {_explain(error)}") from None
    except InputError as error:
        raise RecipeError(f"recipe {path}: url: {error}") from None
    try:
        for language, place in sorted(recipe.score.bad_words.items()):
            recipe.bad_words[language] = read_bad_words(place, language)
    except RecipeError as error:
        raise RecipeError(f"recipe {path}: {error}") from None
    return recipe


def _explain(error: ValidationError) -> str:
    """All faults in one line: where, what, and the value."""
    faults = []
    for fault in error.errors():
        place = ".".join(str(part) for part in fault["loc"]) or "recipe"
        if fault["type"] == "extra_forbidden":
            faults.append(f"{place}: unknown key{_nearest_key(fault['loc'])}")
        elif fault["type"] == "value_error":
            faults.append(f"{place}: {fault['msg'].removeprefix('Value error, ')}")
        else:
            faults.append(f"{place}: {fault['msg']} (got {str(fault['input'])[:80]!r})")
    return "; ".join(faults)


def _nearest_key(location: tuple[int | str, ...]) -> str:
    model: object = Recipe
    for part in location[:-1]:
        if isinstance(part, str) and isinstance(model, type) and issubclass(model, BaseModel):
            field = model.model_fields.get(part)
            model = _section_of(field.annotation) if field else None
    if not (isinstance(model, type) and issubclass(model, BaseModel)):
        return ""
    near = difflib.get_close_matches(str(location[-1]), list(model.model_fields), n=1)
    if near:
        return f"; did you mean {near[0]}?"
    return f"; known: {', '.join(model.model_fields)}"


def _section_of(annotation: object) -> object:
    """The section class inside `Near | None`, `tuple[Rule, ...]`, or the annotation itself."""
    inner = [part for part in getattr(annotation, "__args__", ()) if isinstance(part, type)]
    sections = [part for part in inner if issubclass(part, Section)]
    return sections[0] if sections else annotation
