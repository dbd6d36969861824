"""1 for a finished answer that passes every hidden test, else 0: the score that evaluation reports too."""

from model_factory.rl.rewards.outcome import Outcome


def execution(outcome: Outcome) -> float:
    return float(outcome.correct)
