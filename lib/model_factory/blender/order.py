"""Which rows a step trains on: a pure function of (seed, log, step), whoever asks and whenever."""

from bisect import bisect_right
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from model_factory.blender.log import BlendLog, Supply, constant
from model_factory.blender.segments import Exhausted, Segment, segments


@dataclass(frozen=True)
class Draw:
    """Rows of a step, in order: row i is row `indices_B[i]` of source `sources[codes_B[i]]`, which has
    the supply `supplies[codes_B[i]]`."""

    step: int
    sources: tuple[str, ...]
    supplies: tuple[Supply, ...]
    codes_B: np.ndarray
    indices_B: np.ndarray

    def __len__(self) -> int:
        return len(self.codes_B)

    def pairs(self) -> list[tuple[str, int]]:
        """(source, index) of each row."""
        return [(self.sources[code], int(index)) for code, index in zip(self.codes_B, self.indices_B, strict=True)]


class Order:
    """The rows of every step under a log.

    No row of a source comes again before all have come, whatever the weights do in between; every source
    goes on where it stood when weights change. Finding a step costs the same at the first as at the 10⁹th.
    """

    def __init__(self, log: BlendLog) -> None:
        self.log = log
        self._segments = segments(log)
        self._first_steps = [segment.first_step for segment in self._segments]

    def step(self, step: int) -> Draw:
        """The global batch of `step`, from 0. Exhausted if no source may give any more rows by then."""
        segment = self._segment(step)
        plan = segment.plan
        if plan is None:
            limits = self.log.entries[-1].max_epochs
            raise Exhausted(
                f"blend: step {step} has no rows left: every source has come as often as max_epochs allows ({limits}); "
                "raise max_epochs, add a source or train for fewer steps"
            )
        codes, numbers = plan.rows(step - segment.first_step)
        indices = np.empty(len(codes), dtype=np.int64)
        for code, source in enumerate(plan.sources):
            mine = codes == code
            if mine.any():
                indices[mine] = segment.stages[source].indices(numbers[mine] + segment.drawn[source])
        supplies = tuple(segment.stages[source].supply for source in plan.sources)
        return Draw(step, plan.sources, supplies, codes, indices)

    def share(self, step: int, rank: int, world_size: int) -> Draw:
        """Process `rank`'s part of the global batch: the rank-th of `world_size` runs, as equal as they can be.

        The runs of all ranks, one behind the other, are the global batch, for any world size.
        """
        if not 0 <= rank < world_size:
            raise ValueError(f"rank {rank} is not one of {world_size} processes, which count from 0")
        whole = self.step(step)
        first, last = (len(whole) * at // world_size for at in (rank, rank + 1))
        return Draw(step, whole.sources, whole.supplies, whole.codes_B[first:last], whole.indices_B[first:last])

    def shares(self, step: int) -> dict[str, float]:
        """The shares of the sources as they are delivered at `step`, limits and rounding included."""
        plan = self._segment(step).plan
        counts = plan.counts(1) if plan else []
        exact = getattr(plan, "shares", None) or dict(zip(getattr(plan, "sources", ()), counts, strict=True))
        total = sum(exact.values())
        return {source: float(share / total) for source, share in exact.items()}

    def epochs(self, step: int) -> dict[str, float]:
        """How often each source has come by the start of `step`: 1.25 is once whole and a quarter again."""
        segment = self._segment(step)
        drawn, found = segment.drawn_by(step), {}
        for source, stage in segment.stages.items():
            epoch, position = stage.position(drawn[source])
            found[source] = epoch - stage.epoch_zero + position / stage.supply.num_rows
        return found

    def rows(self, step: int) -> dict[str, int]:
        """How many rows each source has given by the start of `step`."""
        total: dict[str, int] = {}
        for segment, end in self.stretches(step):
            for source, drawn in segment.drawn_by(end).items():
                total[source] = total.get(source, 0) + drawn - segment.drawn[source]
        return total

    def supply(self, step: int, source: str) -> Supply:
        """The rows that a source has at `step`."""
        return self._segment(step).stages[source].supply

    def stretches(self, step: int) -> Iterator[tuple[Segment, int]]:
        """The segments before `step`, each with the step at which it ends."""
        for number, segment in enumerate(self._segments):
            if segment.first_step >= step:
                return
            after = self._first_steps[number + 1] if number + 1 < len(self._segments) else step
            yield segment, min(after, step)

    def _segment(self, step: int) -> Segment:
        if step < 0:
            raise ValueError(f"step {step}: steps count from 0")
        return self._segments[bisect_right(self._first_steps, step) - 1]


def batch(
    seed: int, blend: Mapping[str, float], step: int, batch_size: int, counts: Mapping[str, int]
) -> list[tuple[str, int]]:
    """The (source, index) of each of step `step`'s `batch_size` rows under a constant, nested blend.

    `blend` maps sources to shares (any scale), `counts` to how many rows they have. ValueError names a
    source of the blend that has no rows.
    """
    supplies = {source: Supply("", count) for source, count in counts.items()}
    return Order(constant(seed, "nested", blend, batch_size, supplies)).step(step).pairs()
