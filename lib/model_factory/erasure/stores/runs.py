"""Runs: those that had to do with the documents are marked, and can no longer be replayed."""

from collections.abc import Iterator, Sequence

from model_factory import ledger
from model_factory.erasure.doomed import Doomed
from model_factory.erasure.store import Found
from model_factory.ledger.erasures import erasures_of, mark_run


def find(doomed: Doomed) -> Sequence[Found]:
    return [
        Found(
            "runs",
            f"{run.card} {run.run_digest[:12]}",
            1,
            0,
            0,
            "marked; `factory replay` answers unreplayable: erased",
        )
        for run in _concerned(doomed)
        if doomed.erasure.name not in {one.name for one in erasures_of(run.run_id)}
    ]


def erase(doomed: Doomed) -> None:
    """Mark every run that wrote, made, or was served something with rows of theirs, or weights that saw them."""
    for run in _concerned(doomed):
        mark_run(run.run_id, doomed.erasure)


def _concerned(doomed: Doomed) -> Iterator[ledger.Run]:
    wrote = {snapshot.lineage.run_digest for snapshot in doomed.snapshots}
    held = {snapshot.digest for snapshot in doomed.snapshots}
    folders = {saw.trained.folder.name for saw in doomed.saw}
    for run in ledger.runs():
        made = ledger.artifacts(run.run_digest)
        stations = {f"{station.station}-{station.key}" for station in run.stations}
        if run.run_digest in wrote or held & {one.digest for one in made} or folders & stations:
            yield run
