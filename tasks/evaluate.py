"""What a checkpoint can do, whether it can do more than the one before, and what it is asked."""

from model_factory.cards.evaluate import Evaluate
from model_factory.evals import texts
from model_factory.evals.station import evaluate as run
from model_factory.nouns import Checkpoint, Lock, Snapshot
from tasks import resources
from tasks.station import ScorecardOut, SnapshotOut, lineage, station


@station("evaluate", image="inference")
def write_texts(section: Evaluate, problems: Snapshot, lock: Lock) -> SnapshotOut:
    return texts.write_texts(section, problems, lineage(lock, "evaluate", problems))


@station("evaluate", image="inference", requests=resources.INFERENCE)
def evaluate(
    section: Evaluate, checkpoint: Checkpoint, sequences: Snapshot, problems: Snapshot, documents: Snapshot, lock: Lock
) -> ScorecardOut:
    parents = lineage(lock, "evaluate", checkpoint, sequences, problems, documents)
    return run(section, checkpoint, sequences, problems, documents, parents)
