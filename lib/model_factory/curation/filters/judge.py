"""A card's filters applied to documents in one go, where nobody keeps the values."""

from collections.abc import Mapping

import polars as pl

from model_factory.curation.filters.load import load_filters
from model_factory.curation.filters.measure import measure
from model_factory.curation.filters.rule import Settings
from model_factory.curation.filters.verdicts import VERDICT_SCHEMA
from model_factory.curation.filters.verdicts import judge as judge_values

__all__ = ["VERDICT_SCHEMA", "judge", "load_filters"]


def judge(documents: pl.DataFrame, filters: Mapping[str, Settings]) -> pl.DataFrame:
    """Verdicts on `documents` (doc_id, language, text), as VERDICT_SCHEMA, under one set of thresholds for all."""
    nowhere = pl.DataFrame(schema={"doc_id": pl.String, "source": pl.String})
    return judge_values(measure(documents, filters), filters, nowhere, {})
