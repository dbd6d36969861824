"""Every folder of checkpoints, with what it was trained from, as far as the log book knows."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from pydantic import TypeAdapter

from model_factory import ledger, weights
from model_factory.ledger import store
from model_factory.ledger.locks import lock_of
from model_factory.nouns import Checkpoint, Parent
from model_factory.nouns.home import room

T = TypeVar("T")
STATIONS = ("pretrain", "sft", "rl")


@dataclass(frozen=True)
class Trained:
    """One station's folder of steps, finished or not. `run_digest` names the lock it was trained by, `run_id` the
    station's run in the log book, "" where only what it made is recorded."""

    station: str
    folder: Path
    run_digest: str
    run_id: str
    parents: tuple[Parent, ...]

    def parent(self, name: str) -> Parent | None:
        """The parent of a name: a table, or for a checkpoint its station."""
        return next((one for one in self.parents if one.name == name), None)

    @property
    def base(self) -> Path | None:
        """The step folder of the checkpoint that it started from."""
        found = next((one for one in self.parents if one.kind == "Checkpoint"), None)
        return Path(found.uri) if found else None

    def section(self, kind: type[T]) -> T:
        """The section of the card that it was trained by."""
        return TypeAdapter(kind).validate_python(json.loads(lock_of(self.run_digest).sections)[self.station])

    def steps(self) -> list[Path]:
        return weights.steps(self.folder)


def trained() -> list[Trained]:
    """All of them whose folder is there, those that others started from first."""
    found: dict[Path, Trained] = {}
    for run in reversed(ledger.runs()):
        for one in (*_at_work(run), *_recorded(run.run_digest)):
            if one.folder.is_dir() and (one.folder not in found or not found[one.folder].run_id):
                found[one.folder] = one
    return sorted(found.values(), key=lambda one: STATIONS.index(one.station))


def _at_work(run: ledger.Run) -> Iterator[Trained]:
    """By what each station's run says that it was given; an unfinished one has made nothing yet."""
    for station in run.stations:
        if station.station in STATIONS:
            given = store.client().get_run(station.run_id).inputs
            inputs = given.dataset_inputs if given else []
            folder = room("checkpoints") / f"{station.station}-{station.key}"
            parents = tuple(_parent(one) for one in inputs)
            yield Trained(station.station, folder, run.run_digest, station.run_id, parents)


def _recorded(run_digest: str) -> Iterator[Trained]:
    for made in ledger.artifacts(run_digest):
        if made.kind == "Checkpoint":
            checkpoint = TypeAdapter(Checkpoint).validate_python(made.load())
            lineage = checkpoint.lineage
            folder = Path(checkpoint.uri).parent
            yield Trained(checkpoint.station, folder, lineage.run_digest, "", tuple(lineage.parents))


def _parent(given: object) -> Parent:
    dataset = given.dataset  # type: ignore[attr-defined]
    source = json.loads(dataset.source)
    kind = next((tag.value for tag in given.tags if tag.key == "mlflow.data.context"), "")  # type: ignore[attr-defined]
    return Parent(kind, dataset.name, source["digest"], source["uri"])
