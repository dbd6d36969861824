"""Documents made to fill the gaps, proved in the sandbox."""

from model_factory.cards.synthesis import Synthesis
from model_factory.curation.synthesis.fill import fill
from model_factory.inference.transformers_engine import TransformersEngine
from model_factory.nouns import Checkpoint, Lock, Snapshot
from model_factory.sandbox import execute
from tasks import resources
from tasks.station import SnapshotOut, lineage, station


@station("synthesis", image="inference", requests=resources.INFERENCE)
def synthesise(
    section: Synthesis, documents: Snapshot, categories: Snapshot, gaps: Snapshot, checkpoint: Checkpoint, lock: Lock
) -> SnapshotOut:
    engine = TransformersEngine()
    engine.load(checkpoint)
    made_from = lineage(lock, "synthesis", documents, categories, gaps, checkpoint)
    return fill(section, documents, categories, gaps, checkpoint, made_from, engine, execute)
