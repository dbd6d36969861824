"""The audit between a branch and main."""

from model_factory.cards.validate import Validate
from model_factory.curation.validate import validate as run
from model_factory.nouns import Lock, Snapshot
from tasks.station import SnapshotOut, lineage, station


@station("validate")
def validate(section: Validate, candidate: Snapshot, lock: Lock) -> SnapshotOut:
    return run(section, candidate, lineage(lock, "validate", candidate))
