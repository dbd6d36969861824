"""Which source each row of a batch comes from, when weights are to hold in every batch.

A share of s is s · batch_size rows of a batch: a whole number, and a fraction f. Every batch gives each
source its whole number; the rest of the batch are rows that the fractions compete for. That is the
scheduling of periodic tasks on several processors, one row a slot: PD² (Anderson and Srinivasan 2004,
"Mixed Pfair/ERfair scheduling of asynchronous periodic tasks", J. Computer and System Sciences 68)
serves source i after t batches exactly ⌊f·t⌋ or ⌈f·t⌉ times. So both in every batch and in the first t
batches, for any t, a source is less than one row away from its share. (In *every* run of rows, wherever
it begins, no order can do that for three sources or more, but for special shares: Fraenkel's conjecture.)

The plan repeats after at most MAX_PERIOD batches, so any batch is found in constant time; weights that
would take longer are rounded to multiples of 1 / (batch_size · MAX_PERIOD).
"""

import functools
import heapq
from collections.abc import Mapping
from fractions import Fraction
from math import gcd, lcm

import numpy as np

from model_factory.blender.shares import apportioned, exact
from model_factory.cards.errors import CardError

MAX_PERIOD = 1000
# Source → (whole rows a batch, numerator of the fraction over the period)
_Parts = tuple[tuple[int, int], ...]


class Even:
    """Rows of batches 0, 1, 2, … of constant weights."""

    def __init__(self, weights: Mapping[str, float], batch_size: int) -> None:
        self.batch_size = batch_size
        self.shares = rounded(exact(weights), batch_size)
        self.sources = tuple(self.shares)
        period, parts = _parts(self.shares, batch_size)
        self._period = period
        self._drawn = _drawn(period, parts)

    def counts(self, num_batches: int) -> list[int]:
        """Rows of each source in the first `num_batches` batches."""
        laps, rest = divmod(num_batches, self._period)
        # Python integers: no run is too long for them.
        return [laps * int(whole) + int(part) for whole, part in zip(self._drawn[-1], self._drawn[rest], strict=True)]

    def rows(self, number: int) -> tuple[np.ndarray, np.ndarray]:
        """Batch `number`'s rows: the source of each (its place in `sources`), and how many rows of that
        source the batches from 0 on gave before it. Sources are spread evenly over the batch."""
        at = number % self._period
        return spread(np.diff(self._drawn[at : at + 2], axis=0)[0], self.counts(number))


def spread(counts: np.ndarray, before: list[int]) -> tuple[np.ndarray, np.ndarray]:
    """`counts[i]` rows of each source i in an even order, numbered from `before[i]` on."""
    codes = np.repeat(np.arange(len(counts)), counts)
    numbers = np.arange(len(codes)) - np.repeat(np.cumsum(counts) - counts, counts)
    order = np.argsort((2 * numbers + 1) / (2 * counts[codes]), kind="stable")
    return codes[order], (numbers + np.array(before, dtype=np.int64)[codes])[order]


def rounded(shares: dict[str, Fraction], batch_size: int) -> dict[str, Fraction]:
    """The shares themselves where their plan is short enough, else the nearest ones whose plan is."""
    denominator = lcm(*(share.denominator for share in shares.values()))
    if denominator // gcd(denominator, batch_size) <= MAX_PERIOD:
        return shares
    total = batch_size * MAX_PERIOD
    rows = apportioned(shares, total)
    for source, count in rows.items():
        if not count:
            raise CardError(
                f"blend.{source}: a share of {float(shares[source]):.3g} is less than one row in {MAX_PERIOD} batches "
                f"of {batch_size}; use {1 / total:.3g} or more of the blend, or 0"
            )
    return {source: Fraction(count, total) for source, count in rows.items()}


def _parts(shares: Mapping[str, Fraction], batch_size: int) -> tuple[int, _Parts]:
    rows = [share * batch_size for share in shares.values()]
    period = lcm(*(one.denominator for one in rows))
    return period, tuple((int(one), int((one - int(one)) * period)) for one in rows)


@functools.lru_cache(maxsize=64)
def _drawn(period: int, parts: _Parts) -> np.ndarray:
    """(period + 1) × sources: rows of each source in the first 0, 1, …, period batches."""
    extra = np.zeros((period + 1, len(parts)), dtype=np.int64)
    num_extra = sum(fraction for _, fraction in parts) // period
    waiting: dict[int, list[tuple[int, int, int, int, int]]] = {}
    for source, (_, fraction) in enumerate(parts):
        if fraction:
            waiting.setdefault(0, []).append(_claim(source, fraction, 1, period))
    ready: list[tuple[int, int, int, int, int]] = []
    for batch in range(period):
        for claim in waiting.pop(batch, ()):
            heapq.heappush(ready, claim)
        for *_, source, job in [heapq.heappop(ready) for _ in range(num_extra)]:
            extra[batch + 1, source] = 1
            fraction = parts[source][1]
            # A source's next row is not due before its share reaches into it.
            release = max(batch + 1, job * period // fraction)
            waiting.setdefault(release, []).append(_claim(source, fraction, job + 1, period))
    whole = np.array([whole for whole, _ in parts], dtype=np.int64)
    return np.cumsum(extra, axis=0) + np.arange(period + 1)[:, None] * whole


def _claim(source: int, fraction: int, job: int, period: int) -> tuple[int, int, int, int, int]:
    """PD²'s priority of a source's job-th extra row, smallest first: its deadline, whether the next job's
    window overlaps its own, and (of shares of a half or more) the latest end of the cascade that follows."""
    deadline = _ceil(job * period, fraction)
    overlaps = deadline != job * period // fraction
    group = 0
    if 2 * fraction >= period:
        idle = period - fraction
        group = _ceil(_ceil(deadline * idle, period) * period, idle)
    return deadline, -overlaps, -group, source, job


def _ceil(numerator: int, denominator: int) -> int:
    return -(-numerator // denominator)
