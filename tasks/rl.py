"""A taught model, improved by executing what it writes."""

from model_factory.cards.rl import Rl
from model_factory.nouns import Checkpoint, Lock, Snapshot
from model_factory.rl import transcripts
from model_factory.rl.station import reinforce as run
from tasks import resources
from tasks.station import CheckpointOut, SnapshotOut, lineage, station


@station("rl", image="train", requests=resources.TRAIN, mesh=True, retries=3)
def reinforce(section: Rl, checkpoint: Checkpoint, problems: Snapshot, lock: Lock) -> CheckpointOut:
    return run(section, checkpoint, problems, lineage(lock, "rl", checkpoint, problems))


@station("rl", image="train")
def commit_transcripts(section: Rl, checkpoint: Checkpoint, lock: Lock) -> SnapshotOut:
    return transcripts.commit(checkpoint, lineage(lock, "rl", checkpoint))
