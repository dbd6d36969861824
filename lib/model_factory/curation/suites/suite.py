"""What a suite is: figures of groups of documents, and the expectations that Great Expectations checks of them."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace
from typing import Any

import polars as pl

from model_factory.cards.errors import CardError
from model_factory.cards.validate import ALL, Bounds, Expectation
from model_factory.curation.registry import suggest

BETWEEN = "expect_column_values_to_be_between"


@dataclass(frozen=True)
class Audited:
    """What is looked at. `documents` are the candidate's rows and `scrap` those that curation left out (source, rule),
    both with a column `group`: their source, or "all" for all of them. `before` is the profile of what was
    published before (see `profile.py`), without rows where that is nothing."""

    documents: pl.LazyFrame
    scrap: pl.DataFrame
    before: pl.DataFrame

    def only(self, groups: Collection[str]) -> "Audited":
        mine = pl.col("group").is_in(sorted(groups))
        return replace(self, documents=self.documents.filter(mine), scrap=self.scrap.filter(mine))

    def whole(self, excluded: Collection[str]) -> "Audited":
        """Everything but the excluded sources as one group."""
        kept, group = ~pl.col("source").is_in(sorted(excluded)), pl.lit(ALL)
        documents, scrap = self.documents.filter(kept), self.scrap.filter(kept)
        return replace(self, documents=documents.with_columns(group=group), scrap=scrap.with_columns(group=group))

    def columns(self, asked: Collection[str], field: str) -> None:
        """CardError that names `field` where the documents lack a column that is asked for."""
        held = self.documents.collect_schema().names()
        for column in asked:
            if column not in held:
                raise CardError(f"{field}.{column}: the documents have no such column; {suggest(column, held)}")


@dataclass(frozen=True)
class Suite:
    """`measure(audited, settings)` gives a row for every group: `group`, and a column a figure, null where there is
    nothing to judge. `expectations(settings)` are about these columns. `settings` is the dataclass of what the
    card sets. `cure` says what a person can do. A suite of the `whole` table is not asked of single sources."""

    settings: type
    measure: Callable[[Audited, Any], pl.DataFrame]
    expectations: Callable[[Any], list[Expectation]]
    cure: str
    whole: bool = False


def within(bounds: Mapping[str, Bounds]) -> list[Expectation]:
    """Figure → what it may be, as expectations."""
    return [Expectation(BETWEEN, figure, bound.min, bound.max) for figure, bound in bounds.items()]


def at_most(figures: Mapping[str, float]) -> list[Expectation]:
    return within({figure: Bounds(max=most) for figure, most in figures.items()})
