"""Documents repaired and redacted, shard by shard."""

from flytekit import task

from model_factory.cards.clean import Clean
from model_factory.curation import clean
from model_factory.nouns import Lock, Snapshot
from tasks import resources
from tasks.images import IMAGES
from tasks.station import lineage, station
from tasks.told import told


@task(container_image=IMAGES["data"], requests=resources.SMALL)
@told()
def plan_shards(section: Clean, documents: Snapshot) -> list[str]:
    return clean.plan_shards(section, documents)


@station("clean")
def clean_shard(section: Clean, documents: Snapshot, lock: Lock, shard: str) -> Snapshot:
    return clean.clean_shard(section, documents, shard, lineage(lock, "clean", documents))
