"""Benchmarks by the names that the card's `evaluate.benchmarks` lists."""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from model_factory.evals.benchmark import Benchmark

BENCHMARKS: dict[str, str] = {
    "bits_per_byte": "model_factory.evals.benchmarks.bits_per_byte:bits_per_byte",
    "problems_heldout": "model_factory.evals.benchmarks.problems:problems_heldout",
    "problems_combination": "model_factory.evals.benchmarks.problems:problems_combination",
    "human_eval": "model_factory.evals.benchmarks.human_eval:human_eval",
    "lm_eval": "model_factory.evals.benchmarks.lm_eval:lm_eval",
}


def benchmark(name: str) -> "Benchmark":
    """The named benchmark; ValueError lists the known ones."""
    if name not in BENCHMARKS:
        raise ValueError(f"evaluate.benchmarks: {name!r} is not registered; use: {', '.join(sorted(BENCHMARKS))}")
    module, _, attribute = BENCHMARKS[name].partition(":")
    return getattr(import_module(module), attribute)
