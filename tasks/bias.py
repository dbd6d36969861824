"""Whom the corpus speaks of, and what the blend makes of it."""

from typing import Optional

from flytekit import task

from model_factory.cards.bias import Bias
from model_factory.cards.pretrain import Pretrain
from model_factory.curation.bias import strata
from model_factory.curation.bias.station import stratify as run
from model_factory.nouns import Lock, Snapshot
from tasks import resources
from tasks.images import IMAGES
from tasks.station import SnapshotOut, lineage, station


@station("bias")
def stratify(section: Optional[Bias], documents: Snapshot, lock: Lock) -> SnapshotOut:
    return run(section, documents, lineage(lock, "bias", documents)) if section else documents


@task(container_image=IMAGES["data"], requests=resources.SMALL)
def reweigh(section: Pretrain, strata_of: Snapshot, sequences: Snapshot) -> Pretrain:
    return strata.reweigh(section, strata_of, sequences)
