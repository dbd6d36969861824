"""The `validate` section: what a table must satisfy before it is published."""

from dataclasses import dataclass, field
from typing import Optional

from model_factory.cards.section import STRICT, Fraction, Section


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
class Validate(Section):
    """The suite that the curated documents must pass on their branch."""

    suite: list[Expectation]
