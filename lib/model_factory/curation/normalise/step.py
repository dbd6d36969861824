"""What a step of normalisation is: a cheap suspicion, and the repair of what is suspected."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import polars as pl

Parameters = Mapping[str, float]


@dataclass(frozen=True)
class Step:
    """`suspect` is a Boolean expression over the column `text`, true wherever `repair` could change
    something (it may be true in vain, never false in vain); `repair` maps texts to texts of the same number.

    `parameters` are the names that the card must set, all of them; `version` moves whenever the same text
    could be repaired differently; a `prose` step leaves documents in programming languages alone, one `beyond_ascii`
    has nothing to do in texts of ASCII.
    """

    version: str
    parameters: tuple[str, ...]
    suspect: Callable[[Parameters], pl.Expr]
    repair: Callable[[pl.Series, Parameters], pl.Series]
    prose: bool = False
    beyond_ascii: bool = False


def each(texts: pl.Series, repair: Callable[[str], str]) -> pl.Series:
    """`repair` applied text by text, where no expression does it."""
    return pl.Series(texts.name, [repair(text) for text in texts], dtype=pl.String)
