"""Weights at rest: atomic step folders, the newest whole one, digests, the Hugging Face export."""

from model_factory.weights.atomic import save, step_folder
from model_factory.weights.digest import digest_of_state
from model_factory.weights.export import export_hf
from model_factory.weights.fallback import newest, steps
from model_factory.weights.load import load_model
from model_factory.weights.verified import DamagedCheckpoint, IncompleteCheckpoint, marker, read, verify

__all__ = [
    "DamagedCheckpoint",
    "IncompleteCheckpoint",
    "digest_of_state",
    "export_hf",
    "load_model",
    "marker",
    "newest",
    "read",
    "save",
    "step_folder",
    "steps",
    "verify",
]
