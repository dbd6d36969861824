"""How many documents are about each group, how many should be, and by what factor the blend could make it so."""

from collections.abc import Mapping

import numpy as np
import polars as pl
from scipy.special import ndtri

from model_factory.curation.bias.odds import ALL, DIGITS

GROUPS = pl.Schema(
    {
        **dict.fromkeys(("source", "axis", "group"), pl.String),
        **dict.fromkeys(("documents", "mentions", "led"), pl.Int64),
        **dict.fromkeys(("share", "low", "high", "reference", "factor"), pl.Float64),
    }
)


def leads(spoken: pl.DataFrame) -> pl.DataFrame:
    """doc_id, source, axis, group: the group that a document speaks of most. None where two are equal: such a
    document tips nothing."""
    most = pl.col("mentions") == pl.col("mentions").max().over("axis", "doc_id")
    first = spoken.filter(most).filter(pl.len().over("axis", "doc_id") == 1)
    return first.select("doc_id", "source", "axis", "group").sort("axis", "doc_id")


def representation(
    spoken: pl.DataFrame,
    sources: list[str],
    references: Mapping[str, Mapping[str, float]],
    confidence: float,
    max_factor: float,
    min_group_documents: int,
) -> pl.DataFrame:
    """Rows of GROUPS: every group of every source, and of all sources together.

    `documents` speak of the group, `led` speak of it most, and `share` is its part of all that some group of the
    axis leads, with Wilson's interval (1927) from `low` to `high`. `factor` is the post-stratification weight (Holt
    and Smith 1979) reference / share among groups with at least `min_group_documents` led, held within
    `max_factor`; 1 for the others. Documents that come by their factors have the shares of the reference, and
    as many as before in all, where no bound was reached.
    """
    asked = [(axis, group, share) for axis, groups in references.items() for group, share in groups.items()]
    whole = pl.DataFrame(
        [(source, *one) for source in [*sources, ALL] for one in asked],
        schema={name: GROUPS[name] for name in ("source", "axis", "group", "reference")},
        orient="row",
    )
    keys = ["source", "axis", "group"]
    both = pl.concat([spoken, spoken.with_columns(source=pl.lit(ALL))])
    said = both.group_by(keys).agg(documents=pl.len().cast(pl.Int64), mentions=pl.col("mentions").sum())
    led = pl.concat([leads(spoken), leads(spoken).with_columns(source=pl.lit(ALL))])
    rows = whole.join(said, on=keys, how="left", maintain_order="left")
    rows = rows.join(led.group_by(keys).agg(led=pl.len().cast(pl.Int64)), on=keys, how="left", maintain_order="left")
    rows = rows.with_columns(pl.col("documents", "mentions", "led").fill_null(0))
    rows = _with_shares(rows, confidence)
    return _with_factors(rows, max_factor, min_group_documents).select(GROUPS.names()).cast(GROUPS)


def _with_shares(rows: pl.DataFrame, confidence: float) -> pl.DataFrame:
    whole = rows.select(pl.col("led").sum().over("source", "axis"))["led"].to_numpy().astype(float)
    z = ndtri(0.5 + confidence / 2)
    with np.errstate(divide="ignore", invalid="ignore"):
        share = rows["led"].to_numpy() / whole
        middle = (share + z**2 / (2 * whole)) / (1 + z**2 / whole)
        reach = z * np.sqrt(share * (1 - share) / whole + z**2 / (4 * whole**2)) / (1 + z**2 / whole)
    known = {"share": share, "low": middle - reach, "high": middle + reach}
    nothing = {"share": 0.0, "low": 0.0, "high": 1.0}  # where nobody is spoken of, nothing is known
    return rows.with_columns(
        pl.Series(name, np.where(whole > 0, values, nothing[name])).round(DIGITS) for name, values in known.items()
    )


def _with_factors(rows: pl.DataFrame, max_factor: float, min_group_documents: int) -> pl.DataFrame:
    enough = pl.col("led") >= min_group_documents
    within = pl.when(enough).then(pl.col("led")).sum().over("source", "axis")
    wanted = pl.col("reference") / pl.when(enough).then(pl.col("reference")).sum().over("source", "axis")
    factor = (wanted * within / pl.col("led")).clip(1 / max_factor, max_factor)
    return rows.with_columns(factor=pl.when(enough).then(factor).otherwise(1.0).round(DIGITS))
