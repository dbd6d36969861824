"""Rewards by the names that the card's `rl.rewards` gives weights to."""

from collections.abc import Mapping
from importlib import import_module

from model_factory.rl.rewards.outcome import Outcome, Reward

REWARDS: dict[str, str] = {
    "execution": "model_factory.rl.rewards.execution:execution",
    "finished": "model_factory.rl.rewards.finished:finished",
    "format": "model_factory.rl.rewards.format:format",
}


def reward(name: str) -> Reward:
    """The named reward; ValueError lists the known ones."""
    if name not in REWARDS:
        raise ValueError(f"rl.rewards: {name!r} is not registered; use: {', '.join(sorted(REWARDS))}")
    module, _, attribute = REWARDS[name].partition(":")
    return getattr(import_module(module), attribute)


def score(weights: Mapping[str, float], outcome: Outcome) -> tuple[float, dict[str, float]]:
    """The weighted sum of the card's rewards for one answer, and each reward before its weight."""
    parts = {name: reward(name)(outcome) for name in sorted(weights)}
    return sum(weights[name] * value for name, value in parts.items()), parts
