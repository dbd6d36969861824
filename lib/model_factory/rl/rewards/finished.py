"""1 for an answer that ended by itself, 0 for one that met the token limit: what teaches a model to stop."""

from model_factory.rl.rewards.outcome import Outcome


def finished(outcome: Outcome) -> float:
    return float(outcome.finished)
