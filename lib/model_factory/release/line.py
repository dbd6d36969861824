"""The artifacts that a run ended with, by their place in the line."""

import json
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, TypeVar

from pydantic import TypeAdapter

from model_factory import lake, ledger
from model_factory.ledger.locks import lock_of
from model_factory.nouns import Checkpoint, Lock, Parent, Scorecard, Snapshot
from model_factory.release.recorded import noun

T = TypeVar("T")


@dataclass(frozen=True)
class Line:
    """One run that went to its end. `held` maps the places of `summary.Run` to their artifacts."""

    run_digest: str
    held: dict[str, Any]

    @staticmethod
    def newest(card: str = "") -> "Line":
        """The newest run (of the card so called) that ended with a release; LookupError where there is none yet."""
        for run in ledger.runs():
            if card not in ("", run.card):
                continue
            held = ledger.held(run.run_id)
            if {"documents", "curated", "sequences", "base", "release"} <= held.keys():
                return Line(run.run_digest, {place: noun(made) for place, made in held.items()})
        of_it = f" of card {card!r}" if card else ""
        raise LookupError(f"no run{of_it} has ended with a release yet; run `make factory`")

    def snapshot(self, place: str) -> Snapshot:
        """The snapshot that the run held, or what erasing documents left of it, by the digest that it had then."""
        return _left_of(self.held[place].as_parent())

    def checkpoint(self, place: str) -> Checkpoint:
        return self.held[place]

    @property
    def scorecards(self) -> list[Scorecard]:
        """One of each checkpoint, in the order in which they were trained."""
        found = {(one.station, one.digest): one for place, one in self.held.items() if place.startswith("scorecard_")}
        steps = {one.digest: one.step for one in self.held.values() if isinstance(one, Checkpoint)}
        return sorted(found.values(), key=lambda card: steps.get(card.checkpoint, 0))

    def beside(self, table: str, place: str) -> Snapshot | None:
        """The snapshot of `table` that was written together with the one at `place`."""
        return lake.beside(table, self.snapshot(place)) if table in lake.tables() else None

    def parents(self, place: str, table: str) -> list[Snapshot]:
        """The snapshots of `table` that the artifact at `place` was made from."""
        return made_from(self.held[place], table)

    def section(self, place: str, station: str, kind: type[T]) -> T:
        """The section that the artifact at `place` was made with: its own run's, which may be an earlier one."""
        return section_of(self._lock_of(self.held[place].lineage.run_digest), station, kind)

    @cached_property
    def lock(self) -> Lock:
        return lock_of(self.run_digest)

    def _lock_of(self, run_digest: str) -> Lock:
        return self.lock if run_digest == self.run_digest else lock_of(run_digest)


def made_from(artifact: Any, table: str) -> list[Snapshot]:
    """The snapshots of `table` that an artifact was made from."""
    return [_left_of(parent) for parent in artifact.lineage.parents if parent.name == table]


def _left_of(recorded: Parent) -> Snapshot:
    return replace(lake.left_of(recorded.uri), digest=recorded.digest)


def section_of(lock: Lock, station: str, kind: type[T]) -> T:
    """A station's section, read back from a lock."""
    return TypeAdapter(kind).validate_python(json.loads(lock.sections)[station])
