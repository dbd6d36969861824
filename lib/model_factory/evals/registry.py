"""Benchmarks by the names that the card's `evaluate.benchmarks` lists."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from model_factory.evals.benchmark import Benchmark, Texts

BENCHMARKS: dict[str, str] = {
    "bits_per_byte": "model_factory.evals.benchmarks.bits_per_byte:bits_per_byte",
    "problems_heldout": "model_factory.evals.benchmarks.problems:problems_heldout",
    "problems_combination": "model_factory.evals.benchmarks.problems:problems_combination",
    "human_eval": "model_factory.evals.benchmarks.human_eval:human_eval",
    "lm_eval": "model_factory.evals.benchmarks.lm_eval:lm_eval",
}

# What each asks and expects, for decontamination.
TEXTS: dict[str, str] = {
    "bits_per_byte": "model_factory.evals.texts:of_the_corpus",
    "problems_heldout": "model_factory.evals.benchmarks.problems:heldout_texts",
    "problems_combination": "model_factory.evals.benchmarks.problems:combination_texts",
    "human_eval": "model_factory.evals.benchmarks.human_eval:human_eval_texts",
    "lm_eval": "model_factory.evals.texts:of_the_corpus",
}


def benchmark(name: str) -> "Benchmark":
    """The named benchmark; ValueError lists the known ones."""
    return _loaded(BENCHMARKS, name)


def texts_of(name: str) -> "Texts":
    """What gives the texts of the named benchmark's items; ValueError lists the known ones."""
    return _loaded(TEXTS, name)


def _loaded(registry: dict[str, str], name: str) -> Any:
    if name not in registry:
        raise ValueError(f"evaluate.benchmarks: {name!r} is not registered; use: {', '.join(sorted(registry))}")
    module, _, attribute = registry[name].partition(":")
    return getattr(import_module(module), attribute)
