"""The learning rate over a run."""

import math

from model_factory.cards.training import Schedule


def lr_factor(schedule: Schedule, step: int, num_steps: int) -> float:
    """The share of the peak learning rate at `step` (from 0) of `num_steps`.

    Linear warmup reaches 1 after `warmup_steps`; then `cosine` falls to `final_lr_fraction` at the end,
    `wsd` stays and falls linearly over the last `decay_fraction` of all steps (Hu et al. 2024,
    arXiv 2404.06395), `constant` stays.
    """
    if step < schedule.warmup_steps:
        return (step + 1) / schedule.warmup_steps
    if schedule.kind == "cosine":
        gone = (step + 1 - schedule.warmup_steps) / max(num_steps - schedule.warmup_steps, 1)
        remaining = 0.5 * (1 + math.cos(math.pi * gone))
    elif schedule.kind == "wsd":
        remaining = min(1.0, (num_steps - step) / max(schedule.decay_fraction * num_steps, 1.0))
    else:
        remaining = 1.0
    return schedule.final_lr_fraction + (1 - schedule.final_lr_fraction) * remaining
