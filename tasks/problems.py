"""Verifiable problems and the few demonstrations."""

from model_factory.cards.problems import Problems
from model_factory.nouns import Lock
from model_factory.rl.problems.station import make_problems as run
from tasks.station import SnapshotOut, lineage, station


@station("problems")
def make_problems(section: Problems, lock: Lock) -> SnapshotOut:
    return run(section, lineage(lock, "problems"))
