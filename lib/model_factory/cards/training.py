"""What the training sections share: optimiser, schedule, mesh."""

from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import Field

from model_factory.cards.section import STRICT, Count, Fraction, NonNegative, Positive


@dataclass(frozen=True)
class Parallel:
    """How work is cut: `dp_replicate` processes × `threads` each. Changes last bits, so it is science."""

    __pydantic_config__ = STRICT

    dp_replicate: Count
    threads: Count


@dataclass(frozen=True)
class Optimizer:
    """AdamW. `lr` is the peak learning rate; gradients are clipped to `max_grad_norm` (L2). `precision` is
    of the forward and backward pass; weights, gradients and the optimiser's state are fp32 in any case."""

    __pydantic_config__ = STRICT

    lr: Positive
    beta1: Fraction
    beta2: Fraction
    eps: Positive
    weight_decay: NonNegative
    max_grad_norm: Positive
    precision: Literal["fp32", "bf16"] = "fp32"


@dataclass(frozen=True)
class Schedule:
    """Learning rate over steps: linear warmup, then `cosine`, `wsd` (constant, then linear decay over
    the last `decay_fraction`) or `constant`, down to `final_lr_fraction` of the peak."""

    __pydantic_config__ = STRICT

    kind: Literal["cosine", "wsd", "constant"]
    warmup_steps: Annotated[int, Field(ge=0)]
    decay_fraction: Fraction
    final_lr_fraction: Fraction
