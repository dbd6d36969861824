"""The `sft` section: supervised fine-tuning on demonstrations and executed functions."""

from dataclasses import dataclass

from model_factory.cards.section import Count, Fraction, Section
from model_factory.cards.training import Optimizer, Parallel, Schedule


@dataclass(frozen=True)
class Sft(Section):
    """`demonstration_fraction` of every batch are warm-start demonstrations, the rest executed
    functions; loss on the answer's tokens only. `batch_size` counts rows a step over all processes."""

    mesh: Parallel
    num_steps: Count
    batch_size: Count
    demonstration_fraction: Fraction
    optimizer: Optimizer
    schedule: Schedule
    checkpoint_every: Count
