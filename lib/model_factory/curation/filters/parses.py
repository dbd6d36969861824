"""Python that the running Python compiles."""

import sys
import warnings

import polars as pl

from model_factory.curation.filters.rule import Filter, Rule, Thresholds


def parses(text: str) -> bool:
    """Whether `text` compiles as a module: syntax, scopes and all that the compiler checks.

    Nothing of it is executed. Null bytes, and nesting beyond what the parser can hold, do not parse.
    """
    try:
        with warnings.catch_warnings():
            # Invalid escapes and the like are warnings about other people's code.
            warnings.simplefilter("ignore")
            compile(text, "<document>", "exec", dont_inherit=True)
    except (SyntaxError, ValueError, RecursionError, MemoryError, OverflowError):
        return False
    return True


def _rules(thresholds: Thresholds) -> list[Rule]:
    value = pl.col("text").map_elements(lambda text: float(parses(text)), return_dtype=pl.Float64)
    return [Rule("parses", value, "at_least", 1.0)]


# What compiles depends on the grammar, so the verdict says whose.
FILTER = Filter(f"1+python{sys.version_info.major}.{sys.version_info.minor}", (), _rules, language="python")
