"""From gaps to orders: which recipe makes how many rows of what, for which sources."""

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import polars as pl

from model_factory.blender.shares import apportioned
from model_factory.cards.errors import CardError
from model_factory.curation.registry import load, suggest
from model_factory.curation.synthesis.recipes.recipe import Recipe
from model_factory.curation.synthesis.recipes.registry import RECIPES


@dataclass(frozen=True)
class Order:
    """Rows wanted of one recipe in one category of a language: `wanted` maps the sources that lack them to how many."""

    name: str
    recipe: Recipe
    settings: Mapping[str, Any]
    language: str
    coarse: int
    category: str
    wanted: Mapping[str, int]

    @property
    def num_wanted(self) -> int:
        return sum(self.wanted.values())


def load_recipes(recipes: Mapping[str, Mapping[str, Any]]) -> dict[str, Recipe]:
    """The recipes of the card; CardError for one that does not exist, and for a setting too many or too few."""
    found: dict[str, Recipe] = {name: load(RECIPES, name, "synthesis.recipes") for name in sorted(recipes)}
    for name, recipe in found.items():
        field = f"synthesis.recipes.{name}"
        for setting in recipes[name]:
            if setting not in recipe.settings:
                raise CardError(f"{field}.{setting}: no such setting; {suggest(setting, recipe.settings)}")
        for setting in recipe.settings:
            value = recipes[name].get(setting)
            if isinstance(value, bool) or not isinstance(value, (int, float)) or value < 0:
                raise CardError(f"{field}.{setting}: {value!r} is no number of 0 or more; write one in the card")
    return found


def orders(recipes: Mapping[str, Mapping[str, Any]], gaps: pl.DataFrame, max_rows: int) -> list[Order]:
    """What to make: of every gap its part of `max_rows` (or all that is missing, if that is less), divided equally
    among the recipes of its language. Gaps of a language that no recipe serves get nothing."""
    found = load_recipes(recipes)
    languages = sorted({recipe.language for recipe in found.values()})
    lacking = gaps.filter((pl.col("missing") > 0) & pl.col("language").is_in(languages)).sort(
        "language", "coarse", "source"
    )
    if lacking.is_empty():
        return []
    missing = {str(place): Fraction(count) for place, count in enumerate(lacking["missing"].to_list())}
    parts = apportioned(missing, min(max_rows, int(lacking["missing"].sum())))
    made: dict[tuple[str, str, int, str], dict[str, int]] = {}
    for place, row in enumerate(lacking.iter_rows(named=True)):
        fitting = {name: Fraction(1) for name, recipe in found.items() if recipe.language == row["language"]}
        for name, count in apportioned(fitting, parts[str(place)]).items():
            if count:
                made.setdefault((name, row["language"], row["coarse"], row["category"]), {})[row["source"]] = count
    return [
        Order(name, found[name], dict(sorted(recipes[name].items())), language, coarse, category, wanted)
        for (name, language, coarse, category), wanted in sorted(made.items())
    ]
