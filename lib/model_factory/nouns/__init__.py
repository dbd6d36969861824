"""The artifacts that stations exchange: frozen dataclasses, one small module each, no heavy imports."""

from model_factory.nouns.checkpoint import Architecture, Checkpoint, Mesh
from model_factory.nouns.digest import canonical_json, digest_of, station_key
from model_factory.nouns.lineage import Lineage, Parent
from model_factory.nouns.lock import Lock
from model_factory.nouns.release import Release
from model_factory.nouns.scorecard import Score, Scorecard
from model_factory.nouns.snapshot import Snapshot
from model_factory.nouns.sources import SourceListing
from model_factory.nouns.tokenizer import Tokenizer

__all__ = [
    "Architecture",
    "Checkpoint",
    "Lineage",
    "Lock",
    "Mesh",
    "Parent",
    "Release",
    "Score",
    "Scorecard",
    "Snapshot",
    "SourceListing",
    "Tokenizer",
    "canonical_json",
    "digest_of",
    "station_key",
]
