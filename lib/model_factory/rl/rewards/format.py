"""1 for a finished answer that is Python and defines the entry point, else 0. Nothing is executed."""

import ast

from model_factory.rl.rewards.outcome import Outcome


def format(outcome: Outcome) -> float:
    if not outcome.finished:
        return 0.0
    try:
        module = ast.parse(outcome.source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return 0.0
    return float(any(isinstance(node, ast.FunctionDef) and node.name == outcome.entry_point for node in module.body))
