"""What a filter is: thresholds that the card sets, and rules that measure a document against them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

import polars as pl

Thresholds = Mapping[str, float]


@dataclass(frozen=True)
class Rule:
    """One measure and its bound: a document is kept while `value` is `at_least` or `at_most` the threshold.

    `value` is an expression over the column `text`; `name` is what verdicts and
    scrap call it ("length.min_chars").
    """

    name: str
    value: pl.Expr
    kept: Literal["at_least", "at_most"]
    threshold: float


@dataclass(frozen=True)
class Filter:
    """`thresholds` are the names that the card must set, all of them; `version` moves whenever the same
    document could get another value; `language` restricts the filter to documents of that language."""

    version: str
    thresholds: tuple[str, ...]
    rules: Callable[[Thresholds], list[Rule]]
    language: str = ""
