"""The `pretrain` section: the model and how it is trained on the blend."""

from dataclasses import dataclass, field
from typing import Annotated, Literal

from pydantic import Field

from model_factory.cards.section import STRICT, Count, Positive, Section
from model_factory.cards.training import Optimizer, Parallel, Schedule


@dataclass(frozen=True)
class Model:
    """A Llama-architecture transformer; the vocabulary comes from the tokenizer."""

    __pydantic_config__ = STRICT

    num_layers: Count
    hidden_size: Count
    num_heads: Count
    num_kv_heads: Count
    ffn_size: Count
    rope_theta: Positive
    norm_eps: Positive
    tie_embeddings: bool


@dataclass(frozen=True)
class Amendment:
    """Another blend from `step` (counted from 0) on. `blend` and `max_epochs` replace those before;
    `snapshots` maps a source to the content digest of the `tokens.sequences` that it comes from now, which is how
    a new source joins; the other sources keep theirs."""

    __pydantic_config__ = STRICT

    step: Count
    blend: dict[str, float]
    max_epochs: dict[str, Positive]
    snapshots: dict[str, Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]] = field(default_factory=dict)


@dataclass(frozen=True)
class Pretrain(Section):
    """`blend` maps each source to its share of the sequences, `interleave` says how sources take turns
    ("even": within one sequence of the shares in every batch; "nested": in every run of batches), `max_epochs`
    how often at most a source's sequences come (one that is not named: without limit), `amendments` what changes
    on the way. `batch_size` counts sequences a step over all processes."""

    mesh: Parallel
    model: Model
    blend: dict[str, float]
    interleave: Literal["even", "nested"]
    max_epochs: dict[str, Positive]
    amendments: list[Amendment]
    num_steps: Count
    batch_size: Count
    optimizer: Optimizer
    schedule: Schedule
    eval_every: Count
    checkpoint_every: Count
