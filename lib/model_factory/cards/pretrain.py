"""The `pretrain` section: the model and how it is trained on the blend."""

from dataclasses import dataclass

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
class Pretrain(Section):
    """`blend` maps each source to its share of the sequences; `batch_size` counts sequences a step
    over all processes."""

    mesh: Parallel
    model: Model
    blend: dict[str, float]
    num_steps: Count
    batch_size: Count
    optimizer: Optimizer
    schedule: Schedule
    eval_every: Count
    checkpoint_every: Count
