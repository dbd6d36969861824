"""Immutable weights."""

from dataclasses import dataclass

from model_factory.nouns.lineage import Lineage, Parent


@dataclass(frozen=True)
class Architecture:
    """The shape of a Llama-architecture transformer; widths in features, `context_length` in tokens."""

    vocab_size: int
    num_layers: int
    hidden_size: int
    num_heads: int
    num_kv_heads: int
    ffn_size: int
    rope_theta: float
    norm_eps: float
    context_length: int
    tie_embeddings: bool


@dataclass(frozen=True)
class Mesh:
    """How work is cut over devices: the trainer sets these, never the environment.

    `dp_replicate` processes each hold the whole model and take an equal share of every batch;
    `threads` are the intra-op threads of each process.
    """

    dp_replicate: int
    threads: int

    @property
    def num_processes(self) -> int:
        return self.dp_replicate


@dataclass(frozen=True)
class Checkpoint:
    """A folder of weights whose COMPLETE marker was written last.

    `step` and `num_tokens` count from the first station of the line; `digest` is of the weights
    by tensor name, shape, dtype and bytes; `station` is what trained it ("pretrain", "sft", "rl").
    `blend` is the log that its data was drawn by, as `blender.log.encode` writes it ("" where the section alone
    says it); `amended` says that this log was amended while the run went: it is not what the card asks for.
    """

    uri: str
    station: str
    step: int
    num_tokens: int
    digest: str
    mesh: Mesh
    model: Architecture
    tokenizer: str
    lineage: Lineage
    schema: int = 1
    blend: str = ""
    amended: bool = False

    def as_parent(self) -> Parent:
        return Parent("Checkpoint", self.station, self.digest, self.uri)
