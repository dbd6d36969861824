"""Python that no person laid out: very long lines. Prose is left alone, where a line may be a paragraph."""

import polars as pl

from model_factory.curation.filters.batch import Batch
from model_factory.curation.filters.rule import Filter, Settings, bounded

RULES = bounded(
    "minified",
    {
        "mean_line_chars": ("at_most", "max_mean_line_chars"),
        "longest_line": ("at_most", "max_line_chars"),
    },
)


def _measure(documents: Batch, parameters: Settings) -> pl.DataFrame:
    chars = pl.col("text").str.split("\n").list.eval(pl.element().str.len_chars().filter(pl.element() != ""))
    mean, longest = chars.list.mean().fill_null(0.0), chars.list.max().fill_null(0)
    return documents.select(mean.alias("minified.mean_line_chars"), longest.alias("minified.longest_line"))


FILTER = Filter("1", RULES, _measure, language="python")
