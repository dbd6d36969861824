"""What every process of the mesh must know of a step's samples, and the curves made of it.

P problems of the whole step, G samples each.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from model_factory.rl.actor import Sample
from model_factory.trainer.processes import Processes


@dataclass(frozen=True)
class Figures:
    """Per sample of the whole step, all [P, G] and float64: reward, 1 where every hidden test passed, 1 where
    the answer ended by itself, tokens of prompt and of answer, and the sum of the answer's log-probabilities."""

    reward_PG: Tensor
    passed_PG: Tensor
    finished_PG: Tensor
    prompt_tokens_PG: Tensor
    answer_tokens_PG: Tensor
    logprob_PG: Tensor

    @property
    def num_tokens(self) -> int:
        return int((self.prompt_tokens_PG + self.answer_tokens_PG).sum())

    def curves(self) -> dict[str, float]:
        """`entropy` is in nats a token, estimated without bias by the mean of -logprob over sampled tokens;
        `mixed_groups` is the share of problems whose samples differ in reward: the others teach nothing."""
        mixed_P = self.reward_PG.amax(dim=1) > self.reward_PG.amin(dim=1)
        return {
            "reward": float(self.reward_PG.mean()),
            "pass_rate": float(self.passed_PG.mean()),
            "solved_problems": float(self.passed_PG.amax(dim=1).mean()),
            "mixed_groups": float(mixed_P.double().mean()),
            "truncated": float(1 - self.finished_PG.mean()),
            "answer_tokens": float(self.answer_tokens_PG.mean()),
            "entropy": float(-self.logprob_PG.sum() / self.answer_tokens_PG.sum()),
        }


def gather(samples: Sequence[Sample], group_size: int, step: int, processes: Processes) -> Figures:
    """The figures of all processes' samples, problem by problem in the order of the ranks: the same everywhere."""
    rows = [
        [
            sample.reward,
            float(sample.outcome.correct),
            float(sample.outcome.finished),
            float(len(sample.prompt_ids)),
            float(len(sample.completion.token_ids)),
            float(sum(sample.completion.logprobs)),
        ]
        for sample in samples
    ]
    mine_PGF = torch.tensor(rows, dtype=torch.float64).unflatten(0, (-1, group_size))
    all_RPGF = torch.zeros(processes.size, *mine_PGF.shape, dtype=torch.float64)
    all_RPGF[processes.rank] = mine_PGF
    processes.sum(all_RPGF, f"the rewards of step {step}")
    return Figures(*all_RPGF.flatten(0, 1).unbind(dim=-1))
