"""HTML entities left in plain text ("Q&amp;A"), each replaced once.

As ftfy does, a text with markup in it is left alone: there an entity is what its author wrote.
"""

import ftfy
import polars as pl
from ftfy.fixes import unescape_html

from model_factory.curation.normalise.step import Parameters, Step, each

MARKUP = r"</?[a-zA-Z!]"


def _suspect(_: Parameters) -> pl.Expr:
    text = pl.col("text").str
    return text.contains(r"&#?[0-9A-Za-z]{1,24};") & ~text.contains(MARKUP)


def _repair(texts: pl.Series, _: Parameters) -> pl.Series:
    return each(texts, unescape_html)


STEP = Step(f"1+ftfy{ftfy.__version__}", (), _suspect, _repair, prose=True)
