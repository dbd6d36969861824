"""What a family of problems hands to the station."""

import random
from dataclasses import dataclass
from typing import Any, Protocol


@dataclass(frozen=True)
class Draft:
    """One problem as drawn. `prompt + solution` is Python source that defines `entry_point`; `tests` are
    (arguments, expected value); two drafts with the same `behaviour` are the same function; `operators`
    are its steps by name, in order."""

    prompt: str
    solution: str
    entry_point: str
    tests: list[tuple[list[Any], Any]]
    behaviour: bytes
    operators: tuple[str, ...]


class Family(Protocol):
    """A generator of problems. `operators` are all the step names it draws from."""

    operators: tuple[str, ...]

    def draw(self, rng: random.Random) -> Draft | None:
        """The next draft, a function of `rng` alone, or None where the draw was not worth posing."""
        ...
