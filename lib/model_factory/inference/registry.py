"""Engines by name."""

from model_factory.inference.engine import Engine
from model_factory.inference.transformers_engine import TransformersEngine

ENGINES = {"transformers": TransformersEngine}


def engine(name: str) -> Engine:
    """A new engine without weights; ValueError lists the names there are."""
    if name not in ENGINES:
        raise ValueError(f"engine: no {name!r}; there are: {', '.join(sorted(ENGINES))}")
    return ENGINES[name]()
