"""Algorithms by the name that the card's `rl.algorithm` gives."""

from importlib import import_module

from model_factory.rl.algorithms.algorithm import Algorithm

ALGORITHMS: dict[str, str] = {
    "grpo": "model_factory.rl.algorithms.grpo:Grpo",
    "grpo_shuffled": "model_factory.rl.algorithms.grpo_shuffled:GrpoShuffled",
}


def algorithm(name: str) -> Algorithm:
    """Make the named algorithm; ValueError lists the known ones."""
    if name not in ALGORITHMS:
        raise ValueError(f"rl.algorithm: {name!r} is not registered; use one of: {', '.join(sorted(ALGORITHMS))}")
    module, _, attribute = ALGORITHMS[name].partition(":")
    return getattr(import_module(module), attribute)()
