"""What an evaluation found."""

from dataclasses import dataclass, field
from typing import Optional

from model_factory.nouns.lineage import Lineage, Parent


@dataclass(frozen=True)
class Score:
    """One number of one benchmark, in `unit`, with a 95 % interval where the benchmark can give one.

    `benchmark_digest` is of its rows, `template_digest` of the prompt template; with the
    checkpoint's digest, the harness version and the backend they are the score's identity.
    """

    benchmark: str
    metric: str
    value: float
    unit: str
    num_items: int
    low: Optional[float]
    high: Optional[float]
    higher_is_better: bool
    benchmark_digest: str
    template_digest: str
    harness: str
    backend: str


@dataclass(frozen=True)
class Scorecard:
    """The scores of one checkpoint. `items` is the `evals.items` snapshot with one row per answer."""

    checkpoint: str
    station: str
    scores: list[Score]
    items: str
    digest: str
    lineage: Lineage
    schema: int = 1
    notes: list[str] = field(default_factory=list)

    def as_parent(self) -> Parent:
        return Parent("Scorecard", self.station, self.digest, self.items)

    def value(self, benchmark: str, metric: str) -> float:
        """The value of one score; KeyError names what the card does hold."""
        for score in self.scores:
            if (score.benchmark, score.metric) == (benchmark, metric):
                return score.value
        held = ", ".join(f"{score.benchmark}/{score.metric}" for score in self.scores)
        raise KeyError(f"no score {benchmark}/{metric} for {self.station}; there are: {held}")
