"""Python that the running Python compiles."""

import sys
import warnings

import polars as pl

from model_factory.curation.filters.batch import Batch
from model_factory.curation.filters.rule import Filter, Rule, Settings


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


def _measure(documents: Batch, parameters: Settings) -> pl.DataFrame:
    return pl.DataFrame({"parses": [float(parses(text)) for text in documents["text"]]})


# What compiles depends on the grammar, so the verdict says whose.
FILTER = Filter(
    f"1+python{sys.version_info.major}.{sys.version_info.minor}",
    (Rule("parses", "at_least", 1.0),),
    _measure,
    language="python",
)
