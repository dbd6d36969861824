"""Functions of the corpus, executed: rows to fine-tune on."""

from model_factory.cards.sft_data import SftData
from model_factory.curation.synthesis import execute_functions as run
from model_factory.inference.transformers_engine import TransformersEngine
from model_factory.nouns import Checkpoint, Lock, Snapshot
from model_factory.sandbox import execute
from tasks import resources
from tasks.station import SnapshotOut, lineage, station


@station("sft_data", image="inference", requests=resources.INFERENCE)
def execute_functions(section: SftData, documents: Snapshot, checkpoint: Checkpoint, lock: Lock) -> SnapshotOut:
    engine = TransformersEngine()
    engine.load(checkpoint)
    return run(section, documents, checkpoint, lineage(lock, "sft_data", documents, checkpoint), engine, execute)
