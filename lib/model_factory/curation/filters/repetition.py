"""The same lines over and over: tables, fixtures and boilerplate.

After Gopher (Rae et al. 2021, table A1, duplicate line fraction). What we do differently: lines without a
letter or digit don't count, and the most frequent line has a bound of its own.
"""

import polars as pl

from model_factory.curation.filters.batch import Batch
from model_factory.curation.filters.lines import lines
from model_factory.curation.filters.rule import Filter, Settings, bounded

RULES = bounded(
    "repetition",
    {
        "duplicate_lines": ("at_most", "max_duplicate_line_fraction"),
        "top_line": ("at_most", "max_top_line_fraction"),
    },
)


def _measure(documents: Batch, parameters: Settings) -> pl.DataFrame:
    return documents.select(_duplicates().alias("repetition.duplicate_lines"), _top().alias("repetition.top_line"))


def _duplicates() -> pl.Expr:
    """The share of lines that occurred before in the document; 0 without lines."""
    total, distinct = lines().list.len(), lines().list.n_unique()
    return ((total - distinct) / total).fill_nan(0.0)


def _top() -> pl.Expr:
    """The share of the most frequent line, where it occurs more than once; 0 without lines."""
    top = lines().list.eval(pl.element().unique_counts().max()).list.first().fill_null(0)
    return pl.when(top > 1).then(top / lines().list.len()).otherwise(0.0)


FILTER = Filter("1", RULES, _measure)
