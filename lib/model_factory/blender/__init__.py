"""Text to sequences of tokens, and the order in which a run sees them."""

from model_factory.blender.order import batch

__all__ = ["batch"]
