"""Intervals and tests against their definitions, worked out another way."""

import itertools
import math

import numpy as np
import pytest
from scipy.stats import binom, binomtest, norm

from model_factory.evals.statistics import mcnemar, paired_difference, ratio_interval, wilson


@pytest.mark.parametrize(("passed", "total"), [(0, 10), (1, 10), (5, 10), (10, 10), (137, 1000), (999, 1000)])
def test_wilson_ends_are_where_the_score_test_just_fails_to_reject(passed: int, total: int) -> None:
    found = wilson(passed, total)
    reference = binomtest(passed, total).proportion_ci(0.95, method="wilson")
    assert (found.low, found.high) == pytest.approx((reference.low, reference.high), abs=1e-12)
    for end in (found.low, found.high):
        if 0 < end < 1:
            z = abs(passed / total - end) / math.sqrt(end * (1 - end) / total)
            assert z == pytest.approx(norm.ppf(0.975))


def test_wilson_covers_the_truth_about_95_times_in_100() -> None:
    truth, total = 0.07, 200
    covered = sum(
        binom.pmf(k, total, truth) for k in range(total + 1) if wilson(k, total).low <= truth <= wilson(k, total).high
    )
    assert 0.93 < covered < 0.975


def test_wilson_refuses_counts_that_cannot_be() -> None:
    for passed, total in ((-1, 10), (11, 10), (0, 0)):
        with pytest.raises(ValueError, match="passes"):
            wilson(passed, total)


def test_bootstrap_has_the_width_of_the_normal_interval_of_a_mean() -> None:
    values = np.random.default_rng(0).normal(3.0, 2.0, 400)
    found = ratio_interval(values, np.ones(400), seed=1, num_resamples=4000)
    half = 1.96 * values.std() / math.sqrt(400)
    assert found.value == pytest.approx(values.mean())
    assert (found.high - found.low) / (2 * half) == pytest.approx(1.0, abs=0.05)


def test_bootstrap_is_reproducible_and_moves_with_its_seed() -> None:
    values = np.random.default_rng(0).random(300)
    first, again, other = (ratio_interval(values, np.ones(300), seed, 1000) for seed in (5, 5, 6))
    assert first == again
    assert first != other


def test_ratio_is_of_sums_not_a_mean_of_ratios() -> None:
    """Bits per byte over documents: a short document must not count as much as a long one."""
    bits, sizes = np.array([8.0, 1000.0]), np.array([1.0, 1000.0])
    assert ratio_interval(bits, sizes, 0, 100).value == pytest.approx(1008 / 1001)


def test_clusters_widen_an_interval_that_repeated_rows_would_narrow() -> None:
    """Asking the same problems ten times is not ten times as much evidence."""
    once = (np.random.default_rng(2).random(50) < 0.5).astype(float)
    honest = ratio_interval(once * 10, np.full(50, 10.0), 0, 2000)
    faked = ratio_interval(np.repeat(once, 10), np.ones(500), 0, 2000)
    assert honest.high - honest.low > 2.5 * (faked.high - faked.low)


def test_pairing_narrows_the_difference_of_two_models_that_agree_on_what_is_hard() -> None:
    rng = np.random.default_rng(3)
    before = (rng.random(500) < 0.5).astype(float)
    after = np.where(rng.random(500) < 0.05, 1.0, before)
    paired = paired_difference(before, after, np.ones(500), 0, 2000)
    shuffled = paired_difference(before, rng.permutation(after), np.ones(500), 0, 2000)
    assert paired.value == pytest.approx(after.mean() - before.mean())
    assert paired.high - paired.low < 0.5 * (shuffled.high - shuffled.low)
    assert paired.low > 0 > shuffled.low


def test_paired_difference_refuses_unequal_halves() -> None:
    with pytest.raises(ValueError, match="paired"):
        paired_difference(np.ones(3), np.ones(4), np.ones(3), 0, 10)


@pytest.mark.parametrize(("gains", "losses"), [(0, 0), (1, 0), (6, 1), (4, 4), (9, 2)])
def test_mcnemar_counts_every_way_the_changes_could_have_fallen(gains: int, losses: int) -> None:
    changed = gains + losses
    before = [False] * gains + [True] * losses + [True, True, False]
    after = [True] * gains + [False] * losses + [True, True, False]
    as_extreme = sum(
        abs(sum(signs) - changed / 2) >= abs(gains - changed / 2) for signs in itertools.product((0, 1), repeat=changed)
    )
    assert mcnemar(before, after) == pytest.approx(as_extreme / 2**changed)
