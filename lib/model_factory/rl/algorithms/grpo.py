"""GRPO: a sample is worth how far its reward lies above its group's mean (Shao et al. 2024, arXiv 2402.03300).

Differences from the paper: 1) the loss is summed over tokens and divided by the step's number of answer
tokens, not averaged per sample first (DAPO, arXiv 2503.14476, eq. 8); 2) the two clip bounds may differ
(DAPO's clip-higher); 3) groups whose rewards are all equal weigh nothing and are left out of the
denominator (DAPO's dynamic sampling, without sampling again).
"""

import torch
from torch import Generator, Tensor

from model_factory.cards.rl import Rl

STD_FLOOR = 1e-4


class Grpo:
    def advantages(self, rewards_PG: Tensor, generator: Generator) -> Tensor:
        """(r - mean) / (std + 1e-4) in each group, std with G - 1 in the denominator (as TRL's)."""
        centred_PG = rewards_PG - rewards_PG.mean(dim=1, keepdim=True)
        mixed_P1 = rewards_PG.amax(dim=1, keepdim=True) > rewards_PG.amin(dim=1, keepdim=True)
        scaled_PG = centred_PG / (rewards_PG.std(dim=1, keepdim=True) + STD_FLOOR)
        return torch.where(mixed_P1, scaled_PG, torch.zeros_like(scaled_PG))

    def loss(
        self,
        section: Rl,
        logprobs_N: Tensor,
        sampled_logprobs_N: Tensor,
        reference_logprobs_N: Tensor | None,
        advantages_N: Tensor,
    ) -> Tensor:
        """-min(ratio · A, clip(ratio, 1 - clip_low, 1 + clip_high) · A) + kl_weight · k3, where k3 is
        exp(reference - logprob) - (reference - logprob) - 1 (Schulman's unbiased, never negative estimate)."""
        ratio_N = torch.exp(logprobs_N - sampled_logprobs_N)
        bounded_N = ratio_N.clamp(1 - section.clip_low, 1 + section.clip_high)
        loss_N = -torch.minimum(ratio_N * advantages_N, bounded_N * advantages_N)
        if reference_logprobs_N is not None:
            behind_N = reference_logprobs_N - logprobs_N
            loss_N = loss_N + section.kl_weight * (torch.exp(behind_N) - behind_N - 1)
        return loss_N
