"""The audit between a branch and main, and what it is measured against."""

from typing import Optional

from flytekit import task

from model_factory import lake
from model_factory.cards.pretrain import Pretrain
from model_factory.cards.validate import Validate
from model_factory.curation.curate import SCRAP
from model_factory.curation.exclusions import admitted
from model_factory.curation.validate import baseline
from model_factory.curation.validate import validate as run
from model_factory.nouns import Lock, Snapshot
from tasks import resources
from tasks.images import IMAGES
from tasks.station import MaybeSnapshotOut, SnapshotOut, lineage, station


@task(container_image=IMAGES["data"], requests=resources.SMALL)
def scrap_of(candidate: Snapshot) -> SnapshotOut:
    """What curation left out when it made the candidate."""
    scrap = lake.beside(SCRAP, candidate)
    if scrap is None:
        raise LookupError(f"{SCRAP} holds nothing that was written beside {candidate.table}@{candidate.snapshot_id}")
    return scrap


@task(container_image=IMAGES["data"], requests=resources.SMALL)
def published_before(section: Validate, candidate: Snapshot) -> MaybeSnapshotOut:
    """What drift is measured from. Not cached: main moves on, and a baseline is an input like any other."""
    return baseline(section, candidate)


@station("validate")
def validate(
    section: Validate, candidate: Snapshot, scrap: Snapshot, before: Optional[Snapshot], lock: Lock
) -> SnapshotOut:
    parents = [candidate, scrap, before] if before else [candidate, scrap]
    return run(section, candidate, scrap, before, lineage(lock, "validate", *parents))


@task(container_image=IMAGES["data"], requests=resources.SMALL)
def admit(section: Pretrain, documents: Snapshot) -> Pretrain:
    """The blend without what validation excluded: a section as it was where it excluded nothing."""
    return admitted(section, documents)
