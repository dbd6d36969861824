"""The `clean` section: how text is repaired before anything is measured."""

from dataclasses import dataclass
from typing import Any

from model_factory.cards.section import Bounded, Count


@dataclass(frozen=True)
class Clean(Bounded):
    """`normalise` maps the steps that repair text to their parameters, `redact` the detectors of personal data
    and secrets to theirs; both are applied in the order of their registries, in `num_shards` shards."""

    num_shards: Count
    normalise: dict[str, dict[str, Any]]
    redact: dict[str, dict[str, Any]]
