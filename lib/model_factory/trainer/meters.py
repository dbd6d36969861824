"""How fast a run goes, for the log book; nothing here reaches the weights."""

import time

import torch

from model_factory import ledger
from model_factory.model.flops import training_flops_per_token
from model_factory.nouns import Architecture
from model_factory.trainer.learner import Step
from model_factory.trainer.processes import Processes

_PEAK_SIZE = 768
_PEAK_PRODUCTS = 10


class Meter:
    """Logs each step's loss, rates and utilisation: achieved floating-point operations over those of a
    plain matrix product in this process, with its threads and its precision, measured at the start
    while the other processes do the same."""

    def __init__(self, architecture: Architecture, length: int, precision: str, processes: Processes) -> None:
        self.flops_per_token = training_flops_per_token(architecture, length)
        processes.wait("the start of the peak measurement")
        self.peak_flops = processes.size * peak_flops(torch.bfloat16 if precision == "bf16" else torch.float32)
        self.then = time.perf_counter()

    def resume(self) -> None:
        """Leave out the time since the last step (evaluation, checkpoint)."""
        self.then = time.perf_counter()

    def step(self, number: int, step: Step, num_tokens: int) -> dict[str, float]:
        """Log step `number` (from 1), which read `num_tokens` tokens in all processes; returns what it logged."""
        now = time.perf_counter()
        tokens_per_s = num_tokens / (now - self.then)
        self.then = now
        metrics = {
            "loss": step.loss,
            "grad_norm": step.grad_norm,
            "lr": step.lr,
            "tokens_per_s": tokens_per_s,
            "utilisation": tokens_per_s * self.flops_per_token / self.peak_flops,
        }
        ledger.log_metrics(metrics, step=number)
        return metrics


def peak_flops(dtype: torch.dtype) -> float:
    """Floating-point operations a second of square matrix products, the best of ten."""
    a, b = torch.ones(_PEAK_SIZE, _PEAK_SIZE, dtype=dtype), torch.ones(_PEAK_SIZE, _PEAK_SIZE, dtype=dtype)
    best = float("inf")
    for _ in range(_PEAK_PRODUCTS):
        start = time.perf_counter()
        torch.mm(a, b)
        best = min(best, time.perf_counter() - start)
    return 2.0 * _PEAK_SIZE**3 / best
