"""What a reward is computed from."""

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Outcome:
    """One answer after its program ran.

    `source` is prompt + answer; `finished` says that the answer ended by itself, not at the token limit;
    `status` is the sandbox's; `passed` of `total` hidden tests gave the expected value.
    """

    source: str
    entry_point: str
    finished: bool
    status: str
    passed: int
    total: int

    @property
    def correct(self) -> bool:
        return self.finished and self.status == "ok" and 0 < self.total == self.passed


Reward = Callable[[Outcome], float]
