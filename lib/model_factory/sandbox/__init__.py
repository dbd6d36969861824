"""Isolated execution of untrusted programs."""


from model_factory.sandbox.pool import execute
from model_factory.sandbox.program import Execution, Program

__all__ = ["Execution", "Program", "execute"]
