"""Items to scores: the value, its interval, and what it is a score of."""

from collections.abc import Sequence
from importlib import metadata
from typing import NamedTuple

import numpy as np

from model_factory.evals.benchmark import Item, Subject
from model_factory.evals.statistics import Floats, Interval, ratio_interval, wilson
from model_factory.nouns import Score, digest_of


class Asked(NamedTuple):
    """Which benchmark the items answer: `rows` and `template` are digested into the score's identity,
    `harness` is what computed it, `backend` what ran the model."""

    benchmark: str
    rows: object
    template: object
    harness: str
    backend: str


def score_of(
    subject: Subject, asked: Asked, metric: str, unit: str, items: Sequence[Item], better: str = "higher"
) -> Score:
    """The score of the items of one mode. ValueError if there are none: a mean of nothing is no 0."""
    if not items:
        raise ValueError(
            f"benchmark {asked.benchmark} has nothing to ask for {metric}: its rows are empty; "
            "leave it out of evaluate.benchmarks, or give it rows"
        )
    seed = subject.seed(asked.benchmark, metric, "bootstrap")
    found = interval_of(items, seed, subject.section.num_bootstrap)
    return Score(
        benchmark=asked.benchmark,
        metric=metric,
        value=found.value,
        unit=unit,
        num_items=len(items),
        low=found.low,
        high=found.high,
        higher_is_better=better == "higher",
        benchmark_digest=digest_of(asked.rows),
        template_digest=digest_of(asked.template),
        harness=asked.harness,
        backend=asked.backend,
    )


def interval_of(items: Sequence[Item], seed: int, num_resamples: int) -> Interval:
    """Wilson's interval where every item passed or not and stands for itself, else a bootstrap over
    `doc_id`: answers to one problem, or lines of one document, are not independent of each other."""
    sums_C, weights_C = clustered(items)
    if len(sums_C) == len(items) and all(item.weight == 1 and item.score in (0, 1) for item in items):
        return wilson(int(np.sum(sums_C)), len(items))
    return ratio_interval(sums_C, weights_C, seed, num_resamples)


def clustered(items: Sequence[Item]) -> tuple[Floats, Floats]:
    """(Σ score·weight, Σ weight) for each doc_id, in the order of their names."""
    names = sorted({item.doc_id for item in items})
    place = {name: index for index, name in enumerate(names)}
    index = np.array([place[item.doc_id] for item in items])
    weights = np.array([item.weight for item in items], dtype=np.float64)
    scores = np.array([item.score for item in items], dtype=np.float64)
    total = len(names)
    sums, sizes = np.bincount(index, scores * weights, total), np.bincount(index, weights, total)
    return sums.astype(np.float64), sizes.astype(np.float64)


def version_of(distribution: str) -> str:
    """`name version` of an installed distribution."""
    return f"{distribution} {metadata.version(distribution)}"
