"""The negative control: GRPO on the same rewards, dealt to the step's samples at random.

The number of passes is the real one, so gradients are as large and as many as GRPO's, but they say
nothing about which sample passed. A score that rises all the same does not come from the rewards.
"""

import torch
from torch import Generator, Tensor

from model_factory.rl.algorithms.grpo import Grpo


class GrpoShuffled(Grpo):
    def advantages(self, rewards_PG: Tensor, generator: Generator) -> Tensor:
        order = torch.randperm(rewards_PG.numel(), generator=generator)
        return super().advantages(rewards_PG.flatten()[order].view_as(rewards_PG), generator)
