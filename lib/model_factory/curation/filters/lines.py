"""Lines as the filters see them."""

import polars as pl


def lines() -> pl.Expr:
    """The lines of a text that say something: stripped, with a letter or digit in them.

    Closing brackets, rules of dashes and blank lines repeat in every good file.
    """
    stripped = pl.element().str.strip_chars()
    return pl.col("text").str.split("\n").list.eval(stripped.filter(stripped.str.contains(r"\w")))
