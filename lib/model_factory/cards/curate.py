"""The `curate` section: which documents stay."""

from dataclasses import dataclass
from typing import Any

from model_factory.cards.section import Bounded


@dataclass(frozen=True)
class Curate(Bounded):
    """`filters` maps a filter of the registry to its settings: parameters, which change what is measured, and
    thresholds, which measured values are compared with. `domains` sets thresholds of a source's own:
    source → filter → threshold → value."""

    filters: dict[str, dict[str, Any]]
    domains: dict[str, dict[str, dict[str, float]]]


@dataclass(frozen=True)
class Measure(Bounded):
    """The part of `curate` that measured values depend on: `filters` with their parameters alone, and their
    `versions`, which move with the content of files that parameters name. A changed threshold leaves it
    as it was, and no document is read again."""

    filters: dict[str, dict[str, Any]]
    versions: dict[str, str]
