"""Registries: a name in the card → "module:attribute", imported only when the card names it."""

import difflib
import importlib
from collections.abc import Iterable, Mapping
from typing import Any

from model_factory.cards.errors import CardError


def load(registry: Mapping[str, str], name: str, field: str) -> Any:
    """The entry that a registry has under `name`; CardError with the nearest name when there is none."""
    if name not in registry:
        raise CardError(f"{field}: {name!r} is not in the registry; {suggest(name, registry)}")
    module, _, attribute = registry[name].partition(":")
    return getattr(importlib.import_module(module), attribute)


def suggest(name: str, known: Iterable[str]) -> str:
    """The cure for a misspelt name: the nearest known one, else all of them."""
    names = sorted(known)
    near = difflib.get_close_matches(name, names, n=1)
    if near:
        return f"did you mean {near[0]!r}?"
    return f"there are: {', '.join(names) or '(none)'}"
