"""Packed sequences to a base model."""

from model_factory.cards.pretrain import Pretrain
from model_factory.nouns import Lock, Snapshot, Tokenizer
from model_factory.trainer.pretrain import pretrain as run
from tasks import resources
from tasks.station import CheckpointOut, lineage, station


@station("pretrain", image="train", requests=resources.TRAIN, mesh=True, retries=3)
def pretrain(section: Pretrain, sequences: Snapshot, tokenizer: Tokenizer, lock: Lock) -> CheckpointOut:
    return run(section, sequences, tokenizer, lineage(lock, "pretrain", sequences, tokenizer))
