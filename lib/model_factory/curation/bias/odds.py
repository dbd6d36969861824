"""How much rather a word keeps one group company than the others of its axis.

Valentini, Rosati, Blasi, Fernandez Slezak and Altszyler 2023 (arXiv 2104.06474): the difference of a word's pointwise
mutual information with two groups is close to a log odds ratio, which has a standard error. We count documents where
they count pairs of words (see `count.py`), compare a group with all others of its axis, add a half to every cell
(Haldane 1956, Anscombe 1956), take Woolf's standard error and hold the share of false discoveries among all words of
an axis and source (Benjamini and Hochberg 1995).
"""

import numpy as np
import polars as pl
from scipy.special import ndtr, ndtri
from scipy.stats import false_discovery_control

from model_factory.curation.bias.count import Counts

ALL = "(all)"
ASSOCIATIONS = pl.Schema(
    {
        **dict.fromkeys(("source", "axis", "group", "kind", "term"), pl.String),
        **dict.fromkeys(("near", "of", "near_others", "of_others"), pl.Int64),
        **dict.fromkeys(("pmi", "log_odds", "low", "high", "p_value", "q_value"), pl.Float64),
    }
)
_TERM = ["source", "axis", "kind", "term"]
# Digits that are kept: the last ones differ between machines.
DIGITS = 9


def associations(counts: Counts, min_documents: int, confidence: float) -> pl.DataFrame:
    """Rows of ASSOCIATIONS for every source and for all of them together.

    `near` of the `of` documents that speak of the group have the term near it, `near_others` of `of_others` for the
    other groups (a document that speaks of two of them counts for each). `pmi` is log2 of how many times as often
    the term stands near the group as near any of the axis; `log_odds` is natural, `low` to `high` its interval.
    Terms that fewer than `min_documents` show are left out; `q_value` is p adjusted for the number of terms tested.
    """
    spoken = _with_all(counts.spoken.group_by("source", "axis", "group").agg(of=pl.len().cast(pl.Int64)), "of")
    near = _with_all(counts.near, "near")
    terms = near.group_by(_TERM).agg(total=pl.col("near").sum()).filter(pl.col("total") >= min_documents)
    rows = (
        terms.join(spoken, on=["source", "axis"])
        .join(near, on=[*_TERM, "group"], how="left")
        .with_columns(pl.col("near").fill_null(0), everyone=pl.col("of").sum().over(_TERM))
        .with_columns(near_others=pl.col("total") - pl.col("near"), of_others=pl.col("everyone") - pl.col("of"))
        .filter(pl.col("of_others") > 0)
        .sort("source", "axis", "kind", "term", "group")
    )
    return _tested(_odds(rows, confidence)).select(ASSOCIATIONS.names()).cast(ASSOCIATIONS)


def _with_all(rows: pl.DataFrame, counted: str) -> pl.DataFrame:
    """The rows, and their sums over sources as a source of their own."""
    keys = [name for name in rows.columns if name not in ("source", counted)]
    whole = rows.group_by(keys).agg(pl.col(counted).sum()).with_columns(source=pl.lit(ALL))
    return pl.concat([rows, whole.select(rows.columns)])


def _odds(rows: pl.DataFrame, confidence: float) -> pl.DataFrame:
    a, b = rows["near"].to_numpy() + 0.5, (rows["of"] - rows["near"]).to_numpy() + 0.5
    c, d = rows["near_others"].to_numpy() + 0.5, (rows["of_others"] - rows["near_others"]).to_numpy() + 0.5
    log_odds = np.log(a * d / (b * c))
    error = np.sqrt(1 / a + 1 / b + 1 / c + 1 / d)
    reach = ndtri(0.5 + confidence / 2) * error
    with np.errstate(divide="ignore"):
        pmi = np.log2(a / (a + b)) - np.log2((a + c) / (a + b + c + d))
    found = {"pmi": pmi, "log_odds": log_odds, "low": log_odds - reach, "high": log_odds + reach}
    found["p_value"] = 2 * ndtr(-np.abs(log_odds) / error)
    return rows.with_columns(pl.Series(name, values).round(DIGITS) for name, values in found.items())


def _tested(rows: pl.DataFrame) -> pl.DataFrame:
    """Rows with `q_value`: p adjusted within each source, axis and kind."""
    parts = [
        part.with_columns(q_value=pl.Series(false_discovery_control(part["p_value"].to_numpy()), dtype=pl.Float64))
        for part in rows.partition_by("source", "axis", "kind", maintain_order=True)
    ]
    return pl.concat(parts).with_columns(pl.col("q_value").round(DIGITS)) if parts else rows.with_columns(q_value=0.0)
