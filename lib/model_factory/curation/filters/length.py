"""Too short to teach anything, or too long to be one document."""

import polars as pl

from model_factory.curation.filters.batch import Batch
from model_factory.curation.filters.rule import Filter, Settings, bounded

RULES = bounded("length", {"min_chars": ("at_least", "min_chars"), "max_chars": ("at_most", "max_chars")})


def _measure(documents: Batch, parameters: Settings) -> pl.DataFrame:
    chars = documents["text"].str.len_chars()
    return pl.DataFrame({rule.name: chars for rule in RULES})


FILTER = Filter("1", RULES, _measure)
