"""The seam between whoever wants text and whatever generates it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, Protocol

from model_factory.nouns.checkpoint import Checkpoint

if TYPE_CHECKING:
    from torch import Tensor


@dataclass(frozen=True)
class Sampling:
    """How to choose tokens. Equal weights, prompts and sampling give equal completions.

    `temperature` 0 is greedy. Every prompt gets `num_samples` completions of at most
    `max_new_tokens` tokens, each ended by the first of `stop_token_ids`.
    """

    temperature: float
    max_new_tokens: int
    seed: int
    stop_token_ids: Sequence[int]
    num_samples: int = 1

    def __post_init__(self) -> None:
        for field, value, least in (
            ("temperature", self.temperature, 0.0),
            ("max_new_tokens", self.max_new_tokens, 1),
            ("num_samples", self.num_samples, 1),
        ):
            if not value >= least:
                raise ValueError(f"sampling.{field}: {value} is less than {least}")


@dataclass(frozen=True)
class Completion:
    """What followed prompt number `prompt_index`.

    `token_ids` ends with the stop token when `finish_reason` is "stop"; "length" says that there
    was no room for more. `logprobs` are natural, one a token, under the distribution the token was
    drawn from: temperature applied, and 1 for greedy. `weights_version` is the last `update`'s.
    """

    prompt_index: int
    token_ids: tuple[int, ...]
    logprobs: tuple[float, ...]
    finish_reason: Literal["stop", "length"]
    weights_version: int


class Engine(Protocol):
    """Generates with the weights it was last given."""

    def load(self, checkpoint: Checkpoint) -> None:
        """Take the weights of a checkpoint, as version 0."""
        ...

    def update(self, weights: "Mapping[str, Tensor]", version: int) -> None:
        """Take new weights of the same architecture: the state dict of `model.Transformer`, copied."""
        ...

    def generate(self, prompts: Sequence[Sequence[int]], sampling: Sampling) -> list[Completion]:
        """`num_samples` completions of every prompt (token ids), in the prompts' order."""
        ...
