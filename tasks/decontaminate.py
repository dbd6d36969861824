"""Documents that hold what the model will be asked: matched by shard, judged across them."""

from model_factory.cards.decontaminate import Decontaminate, Matching
from model_factory.curation.decontaminate import station as stations
from model_factory.nouns import Lock, Snapshot
from tasks.station import SnapshotOut, lineage, station


@station("decontaminate")
def match_shard(section: Matching, cleaned: Snapshot, benchmarks: Snapshot, lock: Lock) -> Snapshot:
    return stations.match_shard(section, cleaned, benchmarks, lineage(lock, "decontaminate", cleaned, benchmarks))


@station("decontaminate")
def decontaminate(
    section: Decontaminate, cleaned: list[Snapshot], benchmarks: Snapshot, overlaps: list[Snapshot], lock: Lock
) -> SnapshotOut:
    parents = lineage(lock, "decontaminate", *cleaned, benchmarks, *overlaps)
    return stations.decontaminate(section, cleaned, benchmarks, overlaps, parents)
