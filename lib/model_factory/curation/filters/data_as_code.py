"""Python that is a table: long lists of numbers and strings, hardly a statement.

What we measure: the share of a file's bytes in numbers and string literals that are items of a list, told by the
comma (or colon, in a table of pairs) behind them; comments and white space are left out. Bound we use:
max_literal_fraction 0.5 (no published one).
"""

import polars as pl

from model_factory.curation.filters.batch import Batch
from model_factory.curation.filters.flat import flatten, fraction
from model_factory.curation.filters.rule import Filter, Rule, Settings

ITEM = r"""(?:[-+]?(?:0[xX][0-9A-Fa-f]+|\d[\d_.eE]*)|[rbuRBU]{0,2}'[^'\n]*'|[rbuRBU]{0,2}"[^"\n]*")\s*[,:]"""


def _measure(documents: Batch, parameters: Settings) -> pl.DataFrame:
    items = flatten(documents["text"].str.extract_all(ITEM))
    item_bytes = items.sums_D(items.items.str.len_bytes().to_numpy())
    solid_bytes = documents["text"].str.replace_all(r"\s+|#[^\n]*", "").str.len_bytes().to_numpy()
    return pl.DataFrame({"data_as_code": fraction(item_bytes, solid_bytes)})


FILTER = Filter("1", (Rule("data_as_code", "at_most", "max_literal_fraction"),), _measure, language="python")
