"""Values that are missing, by column: null, or a text without a character."""

from dataclasses import dataclass

import polars as pl

from model_factory.cards.section import STRICT, Fraction
from model_factory.cards.validate import Expectation
from model_factory.curation.suites.suite import Audited, Suite, at_most


@dataclass(frozen=True)
class Nulls:
    """`max_fraction` maps a column to the fraction of documents that may lack it."""

    __pydantic_config__ = STRICT

    max_fraction: dict[str, Fraction]


def _measure(audited: Audited, settings: Nulls) -> pl.DataFrame:
    audited.columns(settings.max_fraction, "validate.suites.nulls.max_fraction")
    schema = audited.documents.collect_schema()
    figures = []
    for name in settings.max_fraction:
        missing = pl.col(name).is_null()
        if schema[name] == pl.String:
            missing = missing | (pl.col(name) == "")
        figures.append(missing.fill_null(True).mean().alias(_figure(name)))
    return audited.documents.group_by("group").agg(figures).collect()


def _expectations(settings: Nulls) -> list[Expectation]:
    return at_most({_figure(name): most for name, most in settings.max_fraction.items()})


def _figure(column: str) -> str:
    return f"{column}_missing"


SUITE = Suite(Nulls, _measure, _expectations, "look at the rows of the source that lack the column")
