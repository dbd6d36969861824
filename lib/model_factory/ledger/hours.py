"""Where the device time of a station's attempts went.

Each second that devices were held is counted under exactly one of four names:
kept (in the result), scrap (lost, with one cause), overhead (start-up, checkpoints, evaluation
between steps), open (not decided yet).
"""

import itertools
import time
from collections.abc import Iterable
from dataclasses import dataclass, field

from model_factory.ledger.records import AttemptRecord

CAUSES = ("infrastructure", "data", "configuration", "experiment")


@dataclass(frozen=True)
class Hours:
    """Device-seconds by use, `scrap` by cause; `kept_wall` is kept without the number of devices."""

    kept: float = 0.0
    overhead: float = 0.0
    open: float = 0.0
    scrap: dict[str, float] = field(default_factory=dict)
    kept_wall: float = 0.0

    @property
    def scrapped(self) -> float:
        return sum(self.scrap.values())

    @property
    def total(self) -> float:
        return self.kept + self.scrapped + self.overhead + self.open

    def __add__(self, other: "Hours") -> "Hours":
        causes = self.scrap.keys() | other.scrap.keys()
        return Hours(
            kept=self.kept + other.kept,
            overhead=self.overhead + other.overhead,
            open=self.open + other.open,
            scrap={cause: self.scrap.get(cause, 0.0) + other.scrap.get(cause, 0.0) for cause in causes},
            kept_wall=self.kept_wall + other.kept_wall,
        )


@dataclass(frozen=True)
class Step:
    """A point of some curve: optimiser step and the second it was logged."""

    step: int
    at: float


def station_hours(attempts: list[AttemptRecord], steps: Iterable[Step], committed: int) -> Hours:
    """Divide the attempts' device time.

    A station that logs steps is divided by them: a step's interval runs from the step logged before
    it in the same attempt; it is kept if a durable checkpoint contains it (up to `committed`, or all
    when the last attempt ended well) and no later attempt did it again; the rest of the attempt is
    overhead. A station without steps is kept whole by the attempt that ended well.
    """
    intervals = [_intervals(attempt, steps) for attempt in attempts]
    if attempts and attempts[-1].outcome == "ok":
        committed = max((step for one in intervals for step in one), default=0)
    stepped = any(intervals)
    total = Hours()
    for index, attempt in enumerate(attempts):
        later = {step for one in intervals[index + 1 :] for step in one}
        kept = sum(took for step, took in intervals[index].items() if step <= committed and step not in later)
        total += _divide(attempt, kept, sum(intervals[index].values()), stepped)
    return total


def _divide(attempt: AttemptRecord, kept: float, in_steps: float, stepped: bool) -> Hours:
    running = attempt.outcome == "running"
    end = time.time() if running and not attempt.is_dead else attempt.end
    held = max(end - attempt.started, in_steps)
    if running and not attempt.is_dead:
        return Hours(open=held * attempt.devices)
    if not stepped:
        kept, in_steps = (held, held) if attempt.outcome == "ok" else (0.0, held)
    cause = attempt.cause or "infrastructure"
    return Hours(
        kept=kept * attempt.devices,
        kept_wall=kept,
        scrap={cause: (in_steps - kept) * attempt.devices} if in_steps > kept else {},
        overhead=(held - in_steps) * attempt.devices,
    )


def _intervals(attempt: AttemptRecord, steps: Iterable[Step]) -> dict[int, float]:
    """Seconds of every step of one attempt but its first, whose beginning nobody saw."""
    end = time.time() if attempt.outcome == "running" else attempt.end
    first_logged: dict[int, float] = {}
    for one in sorted(steps, key=lambda one: one.at):
        if attempt.started <= one.at <= end:
            first_logged.setdefault(one.step, one.at)
    points = sorted(first_logged.items(), key=lambda point: point[1])
    return {step: at - before for (_, before), (step, at) in itertools.pairwise(points)}
