"""Documents that say the same thing twice, across all shards."""

from model_factory.cards.deduplicate import Deduplicate
from model_factory.curation.dedup.station import find_pairs as run
from model_factory.nouns import Lock, Snapshot
from tasks.station import SnapshotOut, lineage, station


@station("deduplicate")
def find_pairs(section: Deduplicate, cleaned: list[Snapshot], lock: Lock) -> SnapshotOut:
    return run(section, cleaned, lineage(lock, "deduplicate", *cleaned))
