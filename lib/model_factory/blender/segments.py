"""A blend log as stretches of constant weights, each with what its sources had given before it."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from model_factory.blender.even import Even, spread
from model_factory.blender.log import BlendLog, Entry
from model_factory.blender.nested import Nested
from model_factory.blender.shares import apportioned, exact
from model_factory.blender.supply import Stage


class Exhausted(RuntimeError):
    """Every source has come as often as the blend allows."""


@dataclass(frozen=True)
class Fixed:
    """One batch with given numbers of rows: the one in which a source gives the last that it may."""

    sources: tuple[str, ...]
    given: tuple[int, ...]

    def counts(self, num_batches: int) -> list[int]:
        return [count * num_batches for count in self.given]

    def rows(self, number: int) -> tuple[np.ndarray, np.ndarray]:
        return spread(np.array(self.given), self.counts(number))


@dataclass(frozen=True)
class Segment:
    """Steps from `first_step` on; `drawn` counts what each source's stage gave before them."""

    first_step: int
    batch_size: int
    plan: Even | Nested | Fixed | None
    stages: dict[str, Stage]
    drawn: dict[str, int]

    def drawn_by(self, step: int) -> dict[str, int]:
        """Rows that each source's stage gave before `step`, which is this segment's or the one after it."""
        if self.plan is None:
            return self.drawn
        counts = self.plan.counts(step - self.first_step)
        return self.drawn | {
            source: self.drawn[source] + count for source, count in zip(self.plan.sources, counts, strict=True)
        }


def segments(log: BlendLog) -> list[Segment]:
    """The log's segments in order. One begins at every entry, and where a source reaches its limit of
    epochs: it gives its last rows in a batch of their own, then the others share its part. `plan` is None
    from the step on at which no source may give any more. Constant time in the number of steps."""
    found: list[Segment] = []
    for number, entry in enumerate(log.entries):
        end = log.entries[number + 1].step if number + 1 < len(log.entries) else None
        stages, drawn = _stages(log, entry, found)
        found.extend(_of_entry(log.interleave, entry, end, stages, drawn))
    return found


def _stages(log: BlendLog, entry: Entry, before: list[Segment]) -> tuple[dict[str, Stage], dict[str, int]]:
    stages = dict(before[-1].stages) if before else {}
    drawn = before[-1].drawn_by(entry.step) if before else {}
    for source, supply in sorted(entry.supplies.items()):
        if not supply.num_rows:
            continue
        if source in stages:
            stages[source], drawn[source] = stages[source].then(supply, drawn[source])
        else:
            stages[source], drawn[source] = Stage(log.seed, source, supply), 0
    return stages, drawn


def _of_entry(
    interleave: str, entry: Entry, end: int | None, stages: dict[str, Stage], drawn: dict[str, int]
) -> list[Segment]:
    limits = {source: stages[source].limit(most) for source, most in entry.max_epochs.items() if source in stages}
    weights = {source: weight for source, weight in entry.weights.items() if weight}
    found, step = [], entry.step
    while True:
        left = {source: limits[source] - drawn[source] for source in weights if source in limits}
        weights = {source: weight for source, weight in weights.items() if left.get(source, 1) > 0}
        plan = _plan(interleave, weights, entry.batch_size)
        found.append(Segment(step, entry.batch_size, plan, stages, drawn))
        num_batches = _whole_batches(plan, left) if plan else None
        if plan is None or num_batches is None or (end is not None and step + num_batches >= end):
            return found
        step += num_batches
        drawn = found[-1].drawn_by(step)
        left = {source: limits[source] - drawn[source] for source in left}
        last = _last_rows(weights, left, entry.batch_size)
        found.append(Segment(step, entry.batch_size, last, stages, drawn))
        if last is None or (end is not None and step + 1 >= end):
            return found
        step += 1
        drawn = found[-1].drawn_by(step)


def _plan(interleave: str, weights: Mapping[str, float], batch_size: int) -> Even | Nested | None:
    if not weights:
        return None
    return Even(weights, batch_size) if interleave == "even" else Nested(weights, batch_size)


def _whole_batches(plan: Even | Nested, left: Mapping[str, int]) -> int | None:
    """How many batches the plan can fill before a source would pass its limit; None where none ever does."""
    limited = [(code, left[source]) for code, source in enumerate(plan.sources) if source in left]
    if not limited:
        return None

    def fits(num_batches: int) -> bool:
        counts = plan.counts(num_batches)
        return all(counts[code] <= most for code, most in limited)

    low, high = 0, 1
    while fits(high):
        low, high = high, 2 * high
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if fits(middle) else (low, middle)
    return low


def _last_rows(weights: Mapping[str, float], left: Mapping[str, int], batch_size: int) -> Fixed | None:
    """The batch that takes all that is left of the sources that cannot fill their part; None if all cannot."""
    given: dict[str, int] = {}
    shares = exact(weights)
    while True:
        rest = apportioned(shares, batch_size - sum(given.values())) if shares else {}
        short = [source for source, count in rest.items() if count >= left.get(source, count + 1)]
        if not short:
            break
        given |= {source: left[source] for source in short}
        shares = {source: share for source, share in shares.items() if source not in short}
    given |= rest
    if sum(given.values()) < batch_size:
        return None
    return Fixed(tuple(sorted(given)), tuple(given[source] for source in sorted(given)))
