"""Python that no person laid out: very long lines. Prose is left alone, where a line may be a paragraph."""

import polars as pl

from model_factory.curation.filters.rule import Filter, Rule, Thresholds


def _rules(thresholds: Thresholds) -> list[Rule]:
    chars = pl.col("text").str.split("\n").list.eval(pl.element().str.len_chars().filter(pl.element() != ""))
    mean, longest = chars.list.mean().fill_null(0.0), chars.list.max().fill_null(0)
    return [
        Rule("minified.mean_line_chars", mean, "at_most", thresholds["max_mean_line_chars"]),
        Rule("minified.longest_line", longest, "at_most", thresholds["max_line_chars"]),
    ]


FILTER = Filter("1", ("max_mean_line_chars", "max_line_chars"), _rules, language="python")
