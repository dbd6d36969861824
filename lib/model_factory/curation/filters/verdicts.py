"""Stored values compared with thresholds: no document is read here."""

from collections.abc import Mapping

import polars as pl

from model_factory.curation.filters.load import Chosen, Domains, check_domains, load_filters
from model_factory.curation.filters.rule import Rule, Settings

VERDICT_SCHEMA = pl.Schema(
    {
        "doc_id": pl.String,
        "rule": pl.String,
        "value": pl.Float64,
        "threshold": pl.Float64,
        "version": pl.String,
        "kept": pl.Boolean,
    }
)
_BOUNDS = pl.Schema({"rule": pl.String, "version": pl.String, "at_least": pl.Boolean, "common": pl.Float64})
_EXCEPTIONS = pl.Schema({"rule": pl.String, "source": pl.String, "own": pl.Float64})


def judge(
    values: pl.DataFrame, filters: Mapping[str, Settings], sources: pl.DataFrame, domains: Domains
) -> pl.DataFrame:
    """A verdict per row of `values` (VALUE_SCHEMA), in their order, as VERDICT_SCHEMA.

    `sources` (doc_id, source) says which domain a document belongs to, `domains` (source → filter →
    threshold → value) which bounds are its own. CardError as `load_filters` and for a domain's unknown
    fields; ValueError for values of other filters or versions than the card's: they must be measured anew.
    """
    chosen = load_filters(filters)
    check_domains(domains, chosen)
    threshold = pl.coalesce("own", "common")
    return (
        values.join(_bounds(chosen), on=["rule", "version"], how="left", maintain_order="left")
        .pipe(_refuse_stale)
        .join(sources.select("doc_id", "source"), on="doc_id", how="left", maintain_order="left")
        .join(_exceptions(chosen, domains), on=["rule", "source"], how="left", maintain_order="left")
        .with_columns(
            threshold=threshold,
            kept=pl.when("at_least").then(pl.col("value") >= threshold).otherwise(pl.col("value") <= threshold),
        )
        .select(VERDICT_SCHEMA.names())
        .cast(VERDICT_SCHEMA)
    )


def _bounds(chosen: Mapping[str, Chosen]) -> pl.DataFrame:
    rows = [
        (rule.name, one.version, rule.kept == "at_least", _bound(rule, one.thresholds))
        for one in chosen.values()
        for rule in one.filter.rules
    ]
    return pl.DataFrame(rows, schema=_BOUNDS, orient="row")


def _exceptions(chosen: Mapping[str, Chosen], domains: Domains) -> pl.DataFrame:
    rows = [
        (rule.name, source, float(thresholds[rule.bound]))
        for source, filters in domains.items()
        for name, thresholds in filters.items()
        for rule in chosen[name].filter.rules
        if isinstance(rule.bound, str) and rule.bound in thresholds
    ]
    return pl.DataFrame(rows, schema=_EXCEPTIONS, orient="row")


def _bound(rule: Rule, thresholds: Mapping[str, float]) -> float:
    return thresholds[rule.bound] if isinstance(rule.bound, str) else rule.bound


def _refuse_stale(values: pl.DataFrame) -> pl.DataFrame:
    stale = values.filter(pl.col("common").is_null())
    if len(stale):
        rule, version = stale.select("rule", "version").row(0)
        raise ValueError(
            f"values: {len(stale)} rows are not of the card's filters, the first of rule {rule!r}, version "
            f"{version!r}; measure the documents with these filters and parameters first"
        )
    return values
