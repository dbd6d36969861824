"""What a validation found wrong, in words."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Failure:
    """One expectation that one group of documents does not meet: what was `observed`, and what it may be."""

    group: str
    suite: str
    expectation: str
    threshold: str
    observed: str
    cure: str

    def __str__(self) -> str:
        return f"{self.group}: {self.suite}: {self.expectation}({self.threshold}): {self.observed}; {self.cure}"
