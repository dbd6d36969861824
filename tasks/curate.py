"""Documents to the documents worth training on: judged by shard, deduplicated across them."""

from flytekit import task

from model_factory.cards.curate import Curate
from model_factory.curation import shards
from model_factory.curation.curate import curate as run
from model_factory.nouns import Lock, Snapshot
from tasks import resources
from tasks.images import IMAGES
from tasks.station import SnapshotOut, lineage, station


@task(container_image=IMAGES["data"], requests=resources.SMALL)
def plan_shards(section: Curate, documents: Snapshot) -> list[int]:
    return shards.plan_shards(section, documents)


@station("curate")
def judge_shard(section: Curate, documents: Snapshot, lock: Lock, shard: int) -> Snapshot:
    return shards.judge_shard(section, documents, shard, lineage(lock, "curate", documents))


@station("curate")
def curate(section: Curate, documents: Snapshot, verdicts: list[Snapshot], lock: Lock) -> SnapshotOut:
    return run(section, documents, verdicts, lineage(lock, "curate", documents, *verdicts))
