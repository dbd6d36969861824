"""What this station is handed from its siblings, in its own words.

Rooms of one level do not import each other: `inference` and `sandbox` come in as callables, and what they are
given has the fields of their `Sampling` and `Program`.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from model_factory.cards.limits import Limits


@dataclass(frozen=True)
class Sampling:
    """How to generate: as `inference.Sampling`."""

    temperature: float
    max_new_tokens: int
    seed: int
    stop_token_ids: tuple[int, ...] = ()
    num_samples: int = 1


@dataclass(frozen=True)
class Program:
    """Python source to run: as `sandbox.Program`."""

    source: str
    stdin: str = ""


class Completed(Protocol):
    @property
    def prompt_index(self) -> int: ...

    @property
    def token_ids(self) -> Sequence[int]: ...


class Executed(Protocol):
    @property
    def status(self) -> str: ...

    @property
    def stdout(self) -> str: ...


class Engine(Protocol):
    def generate(self, prompts: Sequence[Sequence[int]], sampling: Any) -> Sequence[Completed]: ...


Execute = Callable[[Sequence[Any], Limits], Sequence[Executed]]
