"""What a step of reinforcement learning asks of the trainer: the algorithm's loss over the rows of the mesh.

P problems of this process, G samples each; R rows, T time, V vocabulary, N answer tokens.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from model_factory.cards.rl import Rl
from model_factory.model import Transformer
from model_factory.rl.actor import Sample
from model_factory.rl.algorithms.algorithm import Algorithm
from model_factory.rl.batch import Batch, batches, distinct
from model_factory.trainer.learner import Learner, Step

# Positions of a forward pass: more is no faster on a CPU core.
BATCH_TOKENS = 2048


@dataclass(frozen=True)
class Policy:
    """The algorithm's loss of a batch. `reference` is the model that `kl_weight` holds the policy to, None
    where the card sets no weight."""

    section: Rl
    algorithm: Algorithm
    reference: Transformer | None

    def loss(self, model: Transformer, batch: Batch) -> tuple[Tensor, float]:
        """Sum of the loss over the batch's answer tokens, every sample counted, and their number."""
        logprobs_N = answer_logprobs(model, batch, self.section.temperature)
        reference_N = None
        if self.reference is not None:
            with torch.no_grad():
                reference_N = answer_logprobs(self.reference, batch, self.section.temperature)
        loss_N = self.algorithm.loss(
            self.section, logprobs_N, batch.sampled_logprobs_N, reference_N, batch.advantages_N
        )
        return (loss_N * batch.counts_N).sum(), float(batch.counts_N.sum())


def answer_logprobs(model: Transformer, batch: Batch, temperature: float) -> Tensor:
    """Log-probability of each answer token under the distribution that sampling at `temperature` draws from."""
    hidden_RTD = model.hidden(batch.tokens_RT[:, :-1])
    answers_RT = batch.answers_RT[:, 1:]
    logits_NV = model.logits(hidden_RTD[answers_RT]).float() / temperature
    return -F.cross_entropy(logits_NV, batch.tokens_RT[:, 1:][answers_RT], reduction="none")


def learn(learner: Learner, policy: Policy, samples: Sequence[Sample], advantages_PG: Tensor) -> list[Step]:
    """Take the step's `num_minibatches` optimiser steps on this process's samples, each on an equal share of
    the problems. The denominator is the number of answer tokens, over all processes, of the samples
    whose advantage is not zero."""
    taken = []
    for groups in torch.arange(len(advantages_PG)).tensor_split(policy.section.num_minibatches):
        wanted = set(groups.tolist())
        rows = distinct([sample for sample in samples if sample.group in wanted], advantages_PG)
        taken.append(learner.step(batches(rows, BATCH_TOKENS), policy.loss))
    return taken
