"""White space that says nothing: at the ends of lines, at the ends of the text, in runs of empty lines.

Indentation and the white space between words stay: tables, verse and code are laid out with them.
"""

import polars as pl

from model_factory.curation.normalise.step import Parameters, Step

BREAKS = r"\r\n?|[\u{85}\u{2028}\u{2029}]"
SPACES = r"[\u{a0}\u{1680}\u{2000}-\u{200a}\u{202f}\u{205f}\u{3000}]"
TRAILING = r"(?m)[ \t\f\v]+$"


def _suspect(parameters: Parameters) -> pl.Expr:
    ends = r"\A\n|\n\n\z"
    return pl.col("text").str.contains("|".join((BREAKS, SPACES, TRAILING, _run(parameters), ends)))


def _repair(texts: pl.Series, parameters: Parameters) -> pl.Series:
    kept = "\n" * (int(parameters["max_blank_lines"]) + 1)
    lines = texts.str.replace_all(BREAKS, "\n").str.replace_all(SPACES, " ").str.replace_all(TRAILING, "")
    fewer = lines.str.replace_all(_run(parameters), kept)
    return fewer.str.replace(r"\A\n+", "").str.replace(r"\n+\z", "\n")


def _run(parameters: Parameters) -> str:
    return f"\n{{{int(parameters['max_blank_lines']) + 2},}}"


STEP = Step("1", ("max_blank_lines",), _suspect, _repair)
