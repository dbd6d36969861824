"""Rows to fine-tune on, made by executing functions of the corpus."""

from model_factory.curation.synthesis.station import execute_functions

__all__ = ["execute_functions"]
