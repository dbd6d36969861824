"""Raw files to documents."""

from model_factory.cards.ingest import Ingest
from model_factory.curation.ingest import ingest as run
from model_factory.nouns import Lock, SourceListing
from tasks.station import SnapshotOut, lineage, station


@station("ingest")
def ingest(section: Ingest, listing: SourceListing, lock: Lock) -> SnapshotOut:
    return run(section, listing, lineage(lock, "ingest"))
