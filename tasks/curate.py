"""Documents to the documents worth training on: measured by shard, judged and chosen across them."""

from model_factory.cards.curate import Curate, Measure
from model_factory.curation import values as measured
from model_factory.curation.curate import curate as run
from model_factory.nouns import Lock, Snapshot
from tasks.station import SnapshotOut, lineage, station


@station("curate")
def measure_shard(section: Measure, cleaned: Snapshot, lock: Lock) -> Snapshot:
    return measured.measure_shard(section, cleaned, lineage(lock, "curate", cleaned))


@station("curate")
def curate(
    section: Curate,
    cleaned: list[Snapshot],
    values: list[Snapshot],
    pairs: Snapshot,
    contamination: Snapshot,
    lock: Lock,
) -> SnapshotOut:
    parents = lineage(lock, "curate", *cleaned, *values, pairs, contamination)
    return run(section, cleaned, values, pairs, contamination, parents)
