"""Isolated execution of untrusted programs."""

from model_factory.sandbox.check import Candidate, Verdict, check_functions, check_programs
from model_factory.sandbox.pool import execute
from model_factory.sandbox.program import Execution, Program

__all__ = ["Candidate", "Execution", "Program", "Verdict", "check_functions", "check_programs", "execute"]
