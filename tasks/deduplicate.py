"""What says the same thing twice, across all shards: whole documents, and parts of them."""

from model_factory.cards.deduplicate import Deduplicate, Repeats
from model_factory.curation.dedup import repeats as repeated
from model_factory.curation.dedup import station as dedup
from model_factory.nouns import Lock, Snapshot
from tasks.station import SnapshotOut, lineage, station


@station("deduplicate")
def sign_shard(section: Deduplicate, cleaned: Snapshot, lock: Lock) -> Snapshot:
    return dedup.sign_shard(section, cleaned, lineage(lock, "deduplicate", cleaned))


@station("deduplicate")
def find_pairs(section: Deduplicate, cleaned: list[Snapshot], signed: list[Snapshot], lock: Lock) -> SnapshotOut:
    return dedup.find_pairs(section, cleaned, signed, lineage(lock, "deduplicate", *cleaned, *signed))


@station("deduplicate")
def find_repeats(section: Repeats, cleaned: list[Snapshot], pairs: Snapshot, lock: Lock) -> SnapshotOut:
    return repeated.find_repeats(section, cleaned, pairs, lineage(lock, "deduplicate", *cleaned, pairs))


@station("deduplicate")
def cut_shard(section: Repeats, cleaned: Snapshot, repeats: Snapshot, lock: Lock) -> Snapshot:
    return repeated.cut_shard(section, cleaned, repeats, lineage(lock, "deduplicate", cleaned, repeats))
