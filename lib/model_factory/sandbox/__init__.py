"""Isolated execution of untrusted programs."""

from model_factory.nouns.program import Execution, Program
from model_factory.sandbox.check import Candidate, Verdict, check_functions, check_programs
from model_factory.sandbox.pool import execute

__all__ = ["Candidate", "Execution", "Program", "Verdict", "check_functions", "check_programs", "execute"]
