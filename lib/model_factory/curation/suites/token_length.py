"""How long documents are in tokens: percentiles over the documents of a source.

Counted are the pieces that the tokenizer never joins (GPT-2's split of words, digits one by one), to one in a thousand:
the tokenizer itself is trained on what passes here. No vocabulary gives fewer tokens than there are pieces.
"""

from dataclasses import dataclass
from typing import Annotated

import polars as pl
from pydantic import Field

from model_factory.cards.section import STRICT
from model_factory.cards.validate import Bounds, Expectation
from model_factory.curation.suites.suite import Audited, Suite, within

PIECE = r"'(?:[sdmt]|ll|ve|re)| ?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+|\s+"
# GPT-2's look-ahead leaves the last white space before a word out of the piece before: unless it is a space, which the
# word takes, that is one piece more.
ALONE = r"\s[^\S ][^\s\p{N}]"

Percentile = Annotated[str, Field(pattern=r"^p(100|\d{1,2})$")]


@dataclass(frozen=True)
class TokenLength:
    """`percentiles` maps "p50" (the median), "p99", … to what they may be, in pieces a document."""

    __pydantic_config__ = STRICT

    percentiles: dict[Percentile, Bounds]


def num_pieces(text: pl.Expr) -> pl.Expr:
    """The number of pieces of each text."""
    return text.str.count_matches(PIECE) + text.str.count_matches(ALONE)


def _measure(audited: Audited, settings: TokenLength) -> pl.DataFrame:
    pieces = audited.documents.select("group", pieces=num_pieces(pl.col("text")))
    figures = [
        pl.col("pieces").quantile(int(name[1:]) / 100, "nearest").alias(_figure(name)) for name in settings.percentiles
    ]
    return pieces.group_by("group").agg(figures).collect()


def _expectations(settings: TokenLength) -> list[Expectation]:
    return within({_figure(name): bounds for name, bounds in settings.percentiles.items()})


def _figure(percentile: str) -> str:
    return f"{percentile}_tokens"


SUITE = Suite(TokenLength, _measure, _expectations, "look at the source's shortest and longest documents")
