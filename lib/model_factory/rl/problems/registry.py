"""Families of problems by the name that the card's `problems.family` gives."""

from collections.abc import Callable
from importlib import import_module

from model_factory.cards.problems import Problems
from model_factory.rl.problems.draft import Family

FAMILIES: dict[str, str] = {
    "words_to_function": "model_factory.rl.problems.words_to_function:WordsToFunction",
}


def family(section: Problems) -> Family:
    """Make the family that the section names; ValueError lists the known ones."""
    if section.family not in FAMILIES:
        known = ", ".join(sorted(FAMILIES))
        raise ValueError(f"problems.family: {section.family!r} is not registered; use one of: {known}")
    module, _, name = FAMILIES[section.family].partition(":")
    make: Callable[[Problems], Family] = getattr(import_module(module), name)
    return make(section)
