"""What the filters' tests share: texts judged by one filter, and real prose."""

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import polars as pl

from model_factory.curation.filters.measure import measure
from model_factory.curation.filters.rule import Settings
from model_factory.curation.filters.verdicts import judge as judge_values

from .settings import CARD


def judge(documents: pl.DataFrame, filters: Mapping[str, Settings]) -> pl.DataFrame:
    """Measured and judged in one go, under one set of thresholds for all."""
    nowhere = pl.DataFrame(schema={"doc_id": pl.String, "source": pl.String})
    return judge_values(measure(documents, filters), filters, nowhere, {})


def rows_of(texts: list[str], language: str = "text", **columns: list[Any]) -> pl.DataFrame:
    ids = [f"{place:06}" for place in range(len(texts))]
    return pl.DataFrame({"doc_id": ids, "text": texts, **columns}).with_columns(language=pl.lit(language))


def judged(texts: list[str], name: str, rule: str = "", language: str = "text") -> pl.Series:
    """Whether each text passes the filter, or one rule of it, with the published bounds."""
    verdicts = judge(rows_of(texts, language), {name: CARD[name]})
    meant = verdicts.filter(pl.col("rule") == rule) if rule else verdicts
    return meant.group_by("doc_id").agg(pl.col("kept").all()).sort("doc_id")["kept"]


def values_of(texts: list[str], name: str, language: str = "text", **settings: Any) -> dict[str, list[float]]:
    """rule → values in the texts' order."""
    values = measure(rows_of(texts, language), {name: {**CARD[name], **settings}})
    return {rule: rows["value"].to_list() for (rule,), rows in values.group_by("rule", maintain_order=True)}


@lru_cache(maxsize=1)
def prose() -> list[str]:
    """The pages of Python's language reference that the interpreter carries, a paragraph a line as on the web."""
    from pydoc_data.topics import topics

    pages = ("\n".join(" ".join(part.split()) for part in page.split("\n\n")) for page in topics.values())
    return [page for page in pages if len(page) > 1500]
