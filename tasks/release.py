"""A checkpoint made ready to leave the factory."""

from model_factory.cards.release import Release as Section
from model_factory.nouns import Checkpoint, Lock, Scorecard
from model_factory.release.station import release as run
from tasks import resources
from tasks.station import ReleaseOut, lineage, station


@station("release", image="train", requests=resources.DATA)
def release(section: Section, checkpoint: Checkpoint, scorecards: list[Scorecard], lock: Lock) -> ReleaseOut:
    return run(section, checkpoint, scorecards, lock, lineage(lock, "release", checkpoint, *scorecards))
