"""The `rl` section: reinforcement learning by executing what the model writes."""

from dataclasses import dataclass
from typing import Annotated

from pydantic import Field

from model_factory.cards.limits import Limits
from model_factory.cards.section import Count, NonNegative, Positive, Section
from model_factory.cards.training import Optimizer, Parallel, Schedule


@dataclass(frozen=True)
class Rl(Section):
    """`algorithm` and the keys of `rewards` (reward → weight) are names in their registries. Every step
    samples `group_size` completions for each of `problems_per_step` problems; `clip_low` and
    `clip_high` bound the probability ratio; `kl_weight` is the penalty towards the SFT checkpoint;
    `num_minibatches` optimiser steps are taken on each batch of samples; `live` has samples go from
    actors to learners through a live table of the lake instead of memory."""

    mesh: Parallel
    algorithm: str
    rewards: dict[str, float]
    num_steps: Count
    problems_per_step: Count
    group_size: Annotated[int, Field(ge=2)]
    temperature: Positive
    max_new_tokens: Count
    clip_low: Positive
    clip_high: Positive
    kl_weight: NonNegative
    num_minibatches: Count
    live: bool
    optimizer: Optimizer
    schedule: Schedule
    checkpoint_every: Count
    limits: Limits
