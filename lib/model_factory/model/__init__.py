"""The transformer and its Hugging Face form."""

from model_factory.model.transformer import Transformer

__all__ = ["Transformer"]
