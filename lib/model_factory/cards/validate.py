"""The `validate` section: what a table must satisfy before it is published."""

from dataclasses import dataclass, field
from typing import Any, Optional

from model_factory.cards.section import STRICT, Fraction, Section

# What the whole table is called where sources are named; no source may have this name.
ALL = "all"


@dataclass(frozen=True)
class Expectation:
    """One Great Expectations expectation by its snake_case name.

    `min` and `max` are its `min_value` and `max_value`, `values` its `value_set`, `mostly` the share
    of rows that must agree. `column` stays empty for expectations about the whole table.
    """

    __pydantic_config__ = STRICT

    expect: str
    column: str = ""
    min: Optional[float] = None
    max: Optional[float] = None
    values: list[str] = field(default_factory=list)
    mostly: Fraction = 1.0


@dataclass(frozen=True)
class Bounds:
    """What a figure may be, both ends included; an end that is left out bounds nothing."""

    __pydantic_config__ = STRICT

    min: Optional[float] = None
    max: Optional[float] = None


@dataclass(frozen=True)
class Validate(Section):
    """What the curated documents must pass on their branch, in every source and as a whole.

    `suite` lists expectations on their rows. `suites` maps a suite of the registry to its settings; each measures
    figures of every source, then of the whole table, and expects them within bounds. `domains` gives a source (or
    "all", the whole table) settings of its own: source → suite → setting → value. A source of `excludable` that
    fails a suite is left out of what is published and of the blend; any other failure stops the run.
    """

    suite: list[Expectation]
    suites: dict[str, dict[str, Any]]
    domains: dict[str, dict[str, dict[str, Any]]]
    excludable: list[str]
