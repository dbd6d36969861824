"""The recipes that a card may name under `synthesis.recipes`."""

_HERE = "model_factory.curation.synthesis.recipes"

RECIPES = {
    "continue_function": f"{_HERE}.continue_function:RECIPE",
    "describe_function": f"{_HERE}.describe_function:RECIPE",
    "rephrase": f"{_HERE}.rephrase:RECIPE",
}
