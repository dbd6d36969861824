"""How far a card's data has been made: its stations up to the packed sequences, by what they take."""

import json
from dataclasses import dataclass
from itertools import chain
from typing import Any

from model_factory import lake, ledger
from model_factory.cards.sections import STATIONS
from model_factory.ledger.locks import lock_of
from model_factory.nouns import Lock, Snapshot
from model_factory.release.recorded import noun

TABLE = "tokens.sequences"
DATA_STATIONS = STATIONS[: STATIONS.index("tokenize") + 1]
# What decontamination compares with is made by later sections of the card.
_BESIDE = {"decontaminate": ("problems", "evaluate")}


@dataclass(frozen=True)
class Made:
    """A station of the card's data, and the newest run that made the same; "" where none has."""

    station: str
    run_digest: str


def made_for(lock: Lock) -> tuple[list[Made], Snapshot | None]:
    """The data stations of a card (by its lock) and the sequences they end with, None where these are not made.

    A run made the same where raw files and every section up to the station are equal. SnapshotGone if the
    sequences were made and are no longer there.
    """
    mine, runs = json.loads(lock.sections), [(run, lock_of(run.run_digest)) for run in ledger.runs()]
    made = []
    for number, station in enumerate(DATA_STATIONS):
        taken = [*DATA_STATIONS[: number + 1], *chain(*map(_beside, DATA_STATIONS[: number + 1]))]
        wanted = {name: mine[name] for name in taken}
        same = [run for run, theirs in runs if _asks_the_same(theirs, lock.sources, wanted) and _has(run, station)]
        made.append(Made(station, same[0].run_digest if same else ""))
    return made, _sequences(made[-1].run_digest) if made[-1].run_digest else None


def _beside(station: str) -> tuple[str, ...]:
    return _BESIDE.get(station, ())


def _asks_the_same(theirs: Lock, sources: str, wanted: dict[str, Any]) -> bool:
    held = json.loads(theirs.sections)
    return theirs.sources == sources and all(held.get(name) == section for name, section in wanted.items())


def _has(run: ledger.Run, station: str) -> bool:
    if run.finished:
        return True
    return any(one.outcome == "ok" for one in run.stations if one.station == station) and (
        station != "tokenize" or any(one.name == TABLE for one in ledger.artifacts(run.run_digest))
    )


def _sequences(run_digest: str) -> Snapshot:
    found = [noun(one) for one in ledger.artifacts(run_digest) if (one.kind, one.name) == ("Snapshot", TABLE)]
    return lake.snapshot_at(TABLE, found[-1].snapshot_id)
