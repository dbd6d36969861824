"""Intervals and paired tests for scores.

C clusters (documents or problems: what could have been drawn otherwise), B bootstrap resamples.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

# The standard normal's 97.5 % quantile: all intervals are of 95 %.
Z = 1.959963984540054
# Bounds the memory of a bootstrap; its result does not depend on it.
_RESAMPLES_A_CHUNK = 256


@dataclass(frozen=True)
class Interval:
    """A value with the ends of its 95 % interval."""

    value: float
    low: float
    high: float


def wilson(num_passed: int, num_items: int) -> Interval:
    """The share `num_passed / num_items` with Wilson's score interval, which stays in [0, 1] and is
    honest at 0 of n. Source: Wilson 1927, JASA 22(158), eq. for the continuity-free score interval.

    ValueError unless 0 ≤ num_passed ≤ num_items and num_items ≥ 1.
    """
    if not 0 <= num_passed <= num_items or num_items < 1:
        raise ValueError(f"wilson: {num_passed} passes of {num_items} items; needs 0 ≤ passes ≤ items and one item")
    share, spread = num_passed / num_items, Z * Z / num_items
    middle = (share + spread / 2) / (1 + spread)
    half = Z / (1 + spread) * math.sqrt(share * (1 - share) / num_items + spread / (4 * num_items))
    # At the ends the formula gives exactly 0 and 1 up to rounding.
    low = 0.0 if num_passed == 0 else max(0.0, middle - half)
    high = 1.0 if num_passed == num_items else min(1.0, middle + half)
    return Interval(share, low, high)


def ratio_interval(sums_C: Floats, weights_C: Floats, seed: int, num_resamples: int) -> Interval:
    """Σ sums / Σ weights with a percentile bootstrap over the clusters (Efron 1979).

    For a mean, `sums_C` are the clusters' summed scores and `weights_C` their numbers of items; for
    bits per byte, bits and bytes. Equal arguments give equal intervals.
    """
    draws_B = _resampled(np.stack([sums_C, weights_C]), seed, num_resamples)
    return _percentiles(_ratio(sums_C, weights_C), draws_B[0] / draws_B[1])


def paired_difference(before_C: Floats, after_C: Floats, weights_C: Floats, seed: int, num_resamples: int) -> Interval:
    """(Σ after − Σ before) / Σ weights, every resample taking the same clusters of both: what two
    models have in common, the difficulty of the items, cancels. Clusters as in `ratio_interval`."""
    if not len(before_C) == len(after_C) == len(weights_C):
        raise ValueError(f"paired_difference: {len(before_C)} and {len(after_C)} clusters cannot be paired")
    return ratio_interval(after_C - before_C, weights_C, seed, num_resamples)


def mcnemar(before: Sequence[bool], after: Sequence[bool]) -> float:
    """The exact two-sided p-value of McNemar's test (1947): were gains and losses equally likely?

    `before[i]` and `after[i]` say whether item i passed. 1.0 where no item changed.
    """
    from scipy.stats import binomtest

    pairs = list(zip(before, after, strict=True))
    gains, losses = sum(now and not then for then, now in pairs), sum(then and not now for then, now in pairs)
    return float(binomtest(gains, gains + losses).pvalue) if gains + losses else 1.0


def _ratio(sums_C: Floats, weights_C: Floats) -> float:
    return float(np.sum(sums_C) / np.sum(weights_C))


def _resampled(columns_NC: Floats, seed: int, num_resamples: int) -> Floats:
    """(N, B): each column's sum over C clusters drawn with replacement."""
    return np.concatenate([columns_NC @ counts_CB for counts_CB in _draws(columns_NC.shape[1], seed, num_resamples)], 1)


def _draws(num_clusters: int, seed: int, num_resamples: int) -> Iterator[NDArray[np.int64]]:
    """How often each cluster is drawn, (C, chunk of B)."""
    rng = np.random.default_rng(seed)
    even = np.full(num_clusters, 1 / num_clusters)
    for start in range(0, num_resamples, _RESAMPLES_A_CHUNK):
        size = min(_RESAMPLES_A_CHUNK, num_resamples - start)
        yield rng.multinomial(num_clusters, even, size=size).T


def _percentiles(value: float, draws_B: Floats) -> Interval:
    low, high = np.quantile(draws_B, [0.025, 0.975])
    return Interval(value, float(low), float(high))
