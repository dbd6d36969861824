"""How much of a source repeats what is held already: of the documents that every filter keeps, those left out as
duplicates of any kind."""

from dataclasses import dataclass

import polars as pl

from model_factory.cards.section import STRICT, Fraction
from model_factory.cards.validate import Expectation
from model_factory.curation.suites.suite import Audited, Suite, at_most

FIGURE = "duplicate_fraction"


@dataclass(frozen=True)
class DuplicateRate:
    __pydantic_config__ = STRICT

    max_fraction: Fraction


def _measure(audited: Audited, settings: DuplicateRate) -> pl.DataFrame:
    repeated = audited.scrap.filter(pl.col("rule").str.starts_with("duplicates."))
    kept = audited.documents.group_by("group").agg(num_kept=pl.len()).collect()
    counts = kept.join(repeated.group_by("group").agg(num_repeated=pl.len()), on="group", how="full", coalesce=True)
    repeats, total = pl.col("num_repeated").fill_null(0), pl.sum_horizontal("num_kept", "num_repeated")
    return counts.select("group", "num_kept", num_repeated=repeats, **{FIGURE: repeats / total})


def _expectations(settings: DuplicateRate) -> list[Expectation]:
    return at_most({FIGURE: settings.max_fraction})


SUITE = Suite(
    DuplicateRate, _measure, _expectations, "see curated.duplicates for what repeats what, and drop one source"
)
