"""Numbers outside the range that they should be in, by column."""

from dataclasses import dataclass

import polars as pl

from model_factory.cards.section import STRICT, Fraction
from model_factory.cards.validate import Bounds, Expectation
from model_factory.curation.suites.suite import Audited, Suite, at_most


@dataclass(frozen=True)
class Ranges:
    """`columns` maps a column of numbers to its range, `max_outside` is the fraction of documents that may be
    outside it; null is not."""

    __pydantic_config__ = STRICT

    columns: dict[str, Bounds]
    max_outside: Fraction


def _measure(audited: Audited, settings: Ranges) -> pl.DataFrame:
    audited.columns(settings.columns, "validate.suites.ranges.columns")
    figures = [_outside(name, bounds).mean().alias(_figure(name)) for name, bounds in settings.columns.items()]
    return audited.documents.group_by("group").agg(figures).collect()


def _outside(name: str, bounds: Bounds) -> pl.Expr:
    low = pl.lit(False) if bounds.min is None else pl.col(name) < bounds.min
    high = pl.lit(False) if bounds.max is None else pl.col(name) > bounds.max
    return (low | high).fill_null(False)


def _expectations(settings: Ranges) -> list[Expectation]:
    return at_most({_figure(name): settings.max_outside for name in settings.columns})


def _figure(column: str) -> str:
    return f"{column}_outside"


SUITE = Suite(Ranges, _measure, _expectations, "tighten the filter of that name under curate.filters")
