"""Documents under a licence that the card allows.

`allowed` lists SPDX identifiers; of an expression with AND every part must be among them, of one with OR one part. Read
is the column `licence`, not the text. A document without a licence is not allowed unless "" is listed.
"""

import re

import polars as pl

from model_factory.curation.filters.batch import Batch
from model_factory.curation.filters.rule import Filter, Rule, Settings


def is_allowed(expression: str, allowed: frozenset[str]) -> bool:
    """Whether an SPDX expression (AND binds tighter than OR) can be met by allowed licences alone; `WITH` exceptions
    only grant more."""
    bare = re.sub(r"\s+WITH\s+\S+", "", expression)
    while inner := re.search(r"\(([^()]*)\)", bare):
        # A parenthesis becomes one licence that is allowed or not.
        bare = bare.replace(inner.group(), "*" if is_allowed(inner.group(1), allowed) else "!")
    choices = [re.split(r"\s+AND\s+", choice) for choice in re.split(r"\s+OR\s+", bare)]
    return any(all(part.strip() == "*" or part.strip().lower() in allowed for part in parts) for parts in choices)


def _measure(documents: Batch, parameters: Settings) -> pl.DataFrame:
    allowed = frozenset(name.lower() for name in parameters["allowed"])
    known = {licence: float(is_allowed(licence, allowed)) for licence in documents["licence"].fill_null("").unique()}
    return documents.select(licence=pl.col("licence").fill_null("").replace_strict(known, return_dtype=pl.Float64))


FILTER = Filter("1", (Rule("licence", "at_least", 1.0),), _measure, parameters=("allowed",), columns=("licence",))
