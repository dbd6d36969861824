"""What the documents are about, and of what there is too little."""

from model_factory.cards.categories import Categories
from model_factory.curation.categories import station as categories_of
from model_factory.inference.embed import embedder
from model_factory.nouns import Checkpoint, Lock, Snapshot
from tasks import resources
from tasks.station import SnapshotOut, lineage, station


@station("categories", image="inference", requests=resources.INFERENCE)
def categorise(section: Categories, documents: Snapshot, checkpoint: Checkpoint, lock: Lock) -> SnapshotOut:
    made_from = lineage(lock, "categories", documents, checkpoint)
    return categories_of.categorise(section, documents, made_from, embedder(checkpoint))


@station("categories", image="inference")
def find_gaps(section: Categories, categories: Snapshot, lock: Lock) -> SnapshotOut:
    return categories_of.find_gaps(section, categories, lineage(lock, "categories", categories))
