"""Characters that nobody sees: terminal escapes, control characters, byte-order marks, zero-width blanks, soft hyphens.

After ftfy's `remove_control_chars`. What we do differently: U+200B and U+00AD go too, which only say where
a line may break. Joiners and direction marks stay: scripts and emoji are spelt with them.
"""

import polars as pl

from model_factory.curation.normalise.step import Parameters, Step

ESCAPES = r"\x1b\[[0-9;?]*[A-Za-z]"
UNSEEN = r"[\x00-\x08\x0b\x0e-\x1f\x7f\u{ad}\u{200b}\u{206a}-\u{206f}\u{feff}\u{fff9}-\u{fffc}]"


def _suspect(_: Parameters) -> pl.Expr:
    return pl.col("text").str.contains(UNSEEN)


def _repair(texts: pl.Series, _: Parameters) -> pl.Series:
    return texts.str.replace_all(ESCAPES, "").str.replace_all(UNSEEN, "")


STEP = Step("1", (), _suspect, _repair)
