"""Labelled rows, checked before they teach anything."""

from model_factory.cards.labels import Labels
from model_factory.curation.labels.station import check_labels as run
from model_factory.nouns import Lock, Snapshot
from model_factory.sandbox import execute
from tasks import resources
from tasks.station import SnapshotOut, lineage, station


@station("labels", image="inference", requests=resources.INFERENCE)
def check_labels(section: Labels, rows: Snapshot, lock: Lock) -> SnapshotOut:
    return run(section, rows, lineage(lock, "labels", rows), execute)
