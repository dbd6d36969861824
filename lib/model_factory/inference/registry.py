"""Engines by name."""

from model_factory.inference.transformers_engine import TransformersEngine
from model_factory.nouns.engine import Engine

ENGINES = {"transformers": TransformersEngine}


def engine(name: str) -> Engine:
    """A new engine without weights; ValueError lists the names there are."""
    if name not in ENGINES:
        raise ValueError(f"engine: no {name!r}; there are: {', '.join(sorted(ENGINES))}")
    return ENGINES[name]()
