"""Text repaired before it is measured: one module per step, each pure text → text."""

from model_factory.curation.normalise.apply import CHANGE_SCHEMA, Normalised, normalise

__all__ = ["CHANGE_SCHEMA", "Normalised", "normalise"]
