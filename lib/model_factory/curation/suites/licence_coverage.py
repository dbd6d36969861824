"""For how many documents is it known what may be done with them, and is it what the card allows."""

from dataclasses import dataclass

import polars as pl

from model_factory.cards.section import STRICT, Fraction
from model_factory.cards.validate import Bounds, Expectation
from model_factory.curation.filters.licence import is_allowed
from model_factory.curation.suites.suite import Audited, Suite, within

KNOWN, ALLOWED = "known_fraction", "allowed_fraction"


@dataclass(frozen=True)
class LicenceCoverage:
    """At least `min_known` of a source's documents have a licence (null, "" and the words of `unknown` are none),
    at least `min_allowed` one that the SPDX identifiers in `allowed` grant."""

    __pydantic_config__ = STRICT

    unknown: list[str]
    min_known: Fraction
    allowed: list[str]
    min_allowed: Fraction


def _measure(audited: Audited, settings: LicenceCoverage) -> pl.DataFrame:
    counted = (
        audited.documents.select("group", licence=pl.col("licence").fill_null(""))
        .group_by("group", "licence")
        .agg(num=pl.len())
        .collect()
    )
    allowed = frozenset(name.lower() for name in settings.allowed)
    permitted = [one for one in counted["licence"].unique() if is_allowed(one, allowed)]
    num = pl.col("num")
    known = ~pl.col("licence").is_in(["", *settings.unknown])
    figures = {KNOWN: known, ALLOWED: pl.col("licence").is_in(permitted)}
    return counted.group_by("group").agg(
        (num.filter(met).sum() / num.sum()).alias(figure) for figure, met in figures.items()
    )


def _expectations(settings: LicenceCoverage) -> list[Expectation]:
    return within({KNOWN: Bounds(min=settings.min_known), ALLOWED: Bounds(min=settings.min_allowed)})


SUITE = Suite(
    LicenceCoverage, _measure, _expectations, "set the source's licence under ingest.sources, or leave it out"
)
