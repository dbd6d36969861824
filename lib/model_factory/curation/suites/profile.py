"""How the values of columns are distributed in each source: small tables that outlive the documents they were made of.

A profile holds counts alone. Bins are fixed, so that any two profiles can be compared.
"""

from collections.abc import Mapping
from typing import Literal

import polars as pl

from model_factory import lake
from model_factory.nouns import Lineage, Snapshot

Binning = Literal["category", "half_octave"]
PROFILE_SCHEMA = pl.Schema(
    {"group": pl.String, "column": pl.String, "binning": pl.String, "bin": pl.String, "num_documents": pl.Int64}
)
_KEYS = ["group", "column", "binning"]


def profile(documents: pl.LazyFrame, columns: Mapping[str, Binning]) -> pl.DataFrame:
    """The number of documents by group, column and bin (PROFILE_SCHEMA): of every value as it is ("category"), or of
    every factor of √2 ("half_octave", for numbers from 0 on)."""
    counts = [_counts(documents, column, binning) for column, binning in columns.items()]
    return pl.concat([pl.DataFrame(schema=PROFILE_SCHEMA), *counts]).sort(PROFILE_SCHEMA.names())


def divergences(now: pl.DataFrame, before: pl.DataFrame) -> pl.DataFrame:
    """The Jensen–Shannon divergence of two profiles by group and column, in bits: 0 for equal distributions, 1 for
    those that share no bin (Lin 1991, "Divergence measures based on the Shannon entropy", equation 4.1 with equal
    weights). Columns group, column, num_now, num_before, divergence, for what both profiles hold."""
    bins = now.join(before, on=[*_KEYS, "bin"], how="full", coalesce=True, suffix="_before").with_columns(
        now=pl.col("num_documents").fill_null(0), before=pl.col("num_documents_before").fill_null(0)
    )
    p, q = pl.col("now") / pl.col("now").sum(), pl.col("before") / pl.col("before").sum()
    compared = bins.group_by(_KEYS).agg(
        num_now=pl.col("now").sum(), num_before=pl.col("before").sum(), divergence=(_bits(p, q) + _bits(q, p)) / 2
    )
    held = (pl.col("num_now") > 0) & (pl.col("num_before") > 0)
    return compared.filter(held).drop("binning").sort("group", "column")


def previous(series: str, candidate: Snapshot) -> Snapshot | None:
    """The newest profile of a series that was not made of this candidate's rows, or None: a run that is repeated
    compares with what it compared with the first time."""
    table = _table(series)
    if table not in lake.tables():
        return None
    mine = (candidate.table, candidate.digest)
    others = [
        one
        for one in lake.history(table)
        if one.branch == "main" and mine not in {(parent.name, parent.digest) for parent in one.lineage.parents}
    ]
    return others[-1] if others else None


def keep(series: str, now: pl.DataFrame, before: pl.DataFrame, lineage: Lineage) -> Snapshot:
    """Write the profile of what was published; of groups that it lacks, the profile before stands: a source that was
    left out is compared with what it was when it was last let through."""
    absent = before.join(now, on="group", how="anti")
    rows = pl.concat([now, absent.select(PROFILE_SCHEMA.names())]).sort(PROFILE_SCHEMA.names())
    return lake.write(_table(series), rows.to_arrow(), lineage)


def _table(series: str) -> str:
    return f"profiles.{series}"


def _counts(documents: pl.LazyFrame, column: str, binning: Binning) -> pl.DataFrame:
    value = pl.col(column)
    octaves = (2 * (value.cast(pl.Float64) + 1).log(2)).floor().cast(pl.Int64) if binning == "half_octave" else value
    bins = documents.select("group", bin=octaves.cast(pl.String).fill_null("(null)"))
    counts = bins.group_by("group", "bin").agg(num_documents=pl.len().cast(pl.Int64))
    named = counts.with_columns(column=pl.lit(column), binning=pl.lit(binning))
    return named.select(PROFILE_SCHEMA.names()).collect()


def _bits(p: pl.Expr, q: pl.Expr) -> pl.Expr:
    """The Kullback–Leibler divergence of p from the mean of both, in bits."""
    return pl.when(p > 0).then(p * (2 * p / (p + q)).log(2)).otherwise(0.0).sum()
