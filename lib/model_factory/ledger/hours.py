"""Where the device time of a station's attempts went.

Each second that devices were held is counted under exactly one of four names:
kept (in the result), scrap (lost, with one cause), overhead (start-up, checkpoints, evaluation
between steps), open (not decided yet).
"""

import itertools
import time
from collections.abc import Iterable, Sequence
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


def station_hours(attempts: Sequence[AttemptRecord], steps: Iterable[Step], committed: int) -> Hours:
    """Divide the attempts' device time.

    A station that logs steps is divided by them: a step's interval runs from the step logged before
    it in the same attempt; it is kept if a durable checkpoint contains it (up to `committed`, or all
    when an attempt ended well) and the attempt that ended well, or the last, did not do it again; the
    rest of an attempt is overhead, and so is a whole one that repeats what had ended well. A station
    without steps is kept whole by every attempt that ended well (the shards of a map are such attempts).
    """
    steps = list(steps)
    intervals = [_intervals(attempt, steps) for attempt in attempts]
    if not any(intervals):
        return sum((_divide(attempt, 0.0, 0.0, stepped=False) for attempt in attempts), Hours())
    first_ok = next((index for index, one in enumerate(attempts) if one.outcome == "ok"), None)
    final = len(attempts) - 1 if first_ok is None else first_ok
    if first_ok is not None:
        committed = max((step for one in intervals for step in one), default=0)
    total = Hours()
    for index, attempt in enumerate(attempts):
        took = intervals[index] if index <= final else {}
        later = {step for one in intervals[index + 1 : final + 1] for step in one}
        kept = sum(seconds for step, seconds in took.items() if step <= committed and step not in later)
        total += _divide(attempt, kept, sum(took.values()), stepped=True)
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
