"""A card's filters applied to documents: one verdict per document and rule."""

from collections.abc import Mapping

import polars as pl

from model_factory.cards.errors import CardError
from model_factory.curation.filters.registry import FILTERS
from model_factory.curation.filters.rule import Filter, Rule, Thresholds
from model_factory.curation.registry import load, suggest

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


def load_filters(filters: Mapping[str, Thresholds]) -> dict[str, Filter]:
    """The filters that a card names; CardError for an unknown one, and for thresholds unknown or missing."""
    loaded: dict[str, Filter] = {}
    for name, thresholds in filters.items():
        loaded[name] = load(FILTERS, name, "curate.filters")
        _check_thresholds(name, thresholds, loaded[name].thresholds)
    return loaded


def judge(documents: pl.DataFrame, filters: Mapping[str, Thresholds]) -> pl.DataFrame:
    """Verdicts on `documents` (doc_id, language, text), as VERDICT_SCHEMA; every rule measures every
    document of its language, so that a document rejected by several says so."""
    verdicts = [pl.DataFrame(schema=VERDICT_SCHEMA)]
    for name, found in load_filters(filters).items():
        meant = documents.filter(pl.col("language") == found.language) if found.language else documents
        verdicts += [_apply(meant, rule, found.version) for rule in found.rules(filters[name])]
    return pl.concat(verdicts)


def _apply(documents: pl.DataFrame, rule: Rule, version: str) -> pl.DataFrame:
    value, threshold = pl.col("value"), pl.lit(rule.threshold, dtype=pl.Float64)
    return (
        documents.select("doc_id", rule=pl.lit(rule.name), value=rule.value.cast(pl.Float64))
        .with_columns(
            threshold=threshold,
            version=pl.lit(version),
            kept=value >= threshold if rule.kept == "at_least" else value <= threshold,
        )
        .cast(VERDICT_SCHEMA)
    )


def _check_thresholds(name: str, written: Thresholds, declared: tuple[str, ...]) -> None:
    for threshold in written:
        if threshold not in declared:
            raise CardError(f"curate.filters.{name}.{threshold}: no such threshold; {suggest(threshold, declared)}")
    for threshold in declared:
        if threshold not in written:
            raise CardError(
                f"curate.filters.{name}.{threshold}: missing; science has no defaults in code: write it in the card"
            )
