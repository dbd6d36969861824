"""What a filter is: rules that measure a document, and the bounds that a card sets for them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

import polars as pl

from model_factory.curation.filters.batch import Batch

Settings = Mapping[str, Any]  # one filter's fields of the card


@dataclass(frozen=True)
class Rule:
    """One measured value and its bound: a document is kept while the value is `at_least` or `at_most` the bound.

    `name` is what values, verdicts and scrap call it ("length.min_chars"). `bound` names the
    threshold in the card, or is the number itself where the rule is a question of yes or no.
    """

    name: str
    kept: Literal["at_least", "at_most"]
    bound: str | float


@dataclass(frozen=True)
class Filter:
    """Measures documents: `measure(documents, parameters)` gives one float column per rule, named after it, rows as
    they came, never null or NaN.

    `documents` has doc_id, language, text and the `columns` that the filter names; its words and lines are there for
    all filters. Parameters change values (the number of header lines); thresholds are only compared with them. A
    parameter that ends in `_file` is a file relative to the checkout's root, and counts by its content. `version`
    moves whenever the same document and parameters could get another value. `language`
    restricts the filter to documents of that language ("python", "text").
    """

    version: str
    rules: tuple[Rule, ...]
    measure: Callable[[Batch, Settings], pl.DataFrame]
    parameters: tuple[str, ...] = ()
    columns: tuple[str, ...] = ()
    language: str = ""

    @property
    def thresholds(self) -> tuple[str, ...]:
        """The names of the thresholds that the card must set."""
        return tuple(dict.fromkeys(rule.bound for rule in self.rules if isinstance(rule.bound, str)))


def bounded(name: str, bounds: Mapping[str, tuple[Literal["at_least", "at_most"], str]]) -> tuple[Rule, ...]:
    """The rules of filter `name`: short rule name → direction and threshold."""
    return tuple(Rule(f"{name}.{rule}", kept, bound) for rule, (kept, bound) in bounds.items())
