"""A base model, taught by demonstration."""

from model_factory.cards.sft import Sft
from model_factory.nouns import Checkpoint, Lock, Snapshot
from model_factory.trainer.sft import sft as run
from tasks import resources
from tasks.station import CheckpointOut, lineage, station


@station("sft", image="train", requests=resources.TRAIN, mesh=True, retries=3)
def sft(section: Sft, checkpoint: Checkpoint, executions: Snapshot, problems: Snapshot, lock: Lock) -> CheckpointOut:
    return run(section, checkpoint, executions, problems, lineage(lock, "sft", checkpoint, executions, problems))
