"""Too short to teach anything, or too long to be one document."""

import polars as pl

from model_factory.curation.filters.rule import Filter, Rule, Thresholds


def _rules(thresholds: Thresholds) -> list[Rule]:
    chars = pl.col("text").str.len_chars()
    return [
        Rule("length.min_chars", chars, "at_least", thresholds["min_chars"]),
        Rule("length.max_chars", chars, "at_most", thresholds["max_chars"]),
    ]


FILTER = Filter("1", ("min_chars", "max_chars"), _rules)
