"""What the learner asks of an algorithm: weights for samples, and a loss for their tokens."""

from typing import Protocol

from torch import Generator, Tensor

from model_factory.cards.rl import Rl


class Algorithm(Protocol):
    """P problems of one step, G samples each; N answer tokens."""

    def advantages(self, rewards_PG: Tensor, generator: Generator) -> Tensor:
        """Each sample's weight, [P, G]; a problem whose row is all zero teaches nothing and is dropped."""
        ...

    def loss(
        self,
        section: Rl,
        logprobs_N: Tensor,
        sampled_logprobs_N: Tensor,
        reference_logprobs_N: Tensor | None,
        advantages_N: Tensor,
    ) -> Tensor:
        """The loss of each token from its log-probability under the weights being trained, under those
        that sampled it and, where `kl_weight` is not 0, under the reference."""
        ...
