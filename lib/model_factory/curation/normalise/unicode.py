"""One spelling for a character: Unicode's canonical composition (NFC, UAX #15)."""

import polars as pl

from model_factory.curation.normalise.step import Parameters, Step


def _suspect(_: Parameters) -> pl.Expr:
    """Latin-1 is composed by definition (UAX #15, stability)."""
    return pl.col("text").str.contains(r"[^\x00-\u{2ff}]")


def _repair(texts: pl.Series, _: Parameters) -> pl.Series:
    return texts.str.normalize("NFC")


STEP = Step("1", (), _suspect, _repair, beyond_ascii=True)
