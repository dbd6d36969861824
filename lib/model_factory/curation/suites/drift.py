"""How far a source has moved from what was published of it before, column by column."""

from dataclasses import dataclass
from typing import Annotated

import polars as pl
from pydantic import Field

from model_factory.cards.section import STRICT, Count, Fraction
from model_factory.cards.validate import Expectation
from model_factory.curation.suites.profile import Binning, divergences, profile
from model_factory.curation.suites.suite import Audited, Suite, at_most


@dataclass(frozen=True)
class Drift:
    """`columns` maps a column to how its values are binned: "category" as they are, "half_octave" numbers by factors
    of √2. `max_divergence` bounds the Jensen–Shannon divergence (bits, 0 to 1) from the profile that was published
    before under the name `series`. Groups of fewer than `min_documents`, now or then, are not judged: two samples of n
    documents from one distribution over b bins differ by chance, by (b − 1) ÷ 2.8n bits on average."""

    __pydantic_config__ = STRICT

    series: Annotated[str, Field(pattern=r"^[a-z0-9_]+$")]
    columns: dict[str, Binning]
    min_documents: Count
    max_divergence: Fraction


def _measure(audited: Audited, settings: Drift) -> pl.DataFrame:
    audited.columns(settings.columns, "validate.suites.drift.columns")
    compared = divergences(profile(audited.documents, settings.columns), audited.before)
    enough = pl.min_horizontal("num_now", "num_before") >= settings.min_documents
    judged = compared.with_columns(divergence=pl.when(enough).then(pl.col("divergence")))
    figures = audited.documents.group_by("group").agg(num_now=pl.len()).collect()
    then = compared.group_by("group").agg(num_before=pl.col("num_before").max())
    figures = figures.join(then, on="group", how="left").with_columns(pl.col("num_before").fill_null(0))
    for name in settings.columns:
        mine = judged.filter(pl.col("column") == name).select("group", pl.col("divergence").alias(_figure(name)))
        figures = figures.join(mine, on="group", how="left")
    return figures


def _expectations(settings: Drift) -> list[Expectation]:
    return at_most({_figure(name): settings.max_divergence for name in settings.columns})


def _figure(column: str) -> str:
    return f"{column}_divergence"


SUITE = Suite(Drift, _measure, _expectations, "look at what changed in the source; a new `series` starts afresh")
