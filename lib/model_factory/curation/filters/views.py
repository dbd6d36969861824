"""What several filters read of a text, computed once for all of them.

A view is a column. One that the documents already have is taken as it is: whoever has other
words (another tokeniser's, another language's) hands them over as the column `words`.
"""

from collections.abc import Iterable

import polars as pl

# Words are what white space separates: punctuation clings to its word. Tokenisers that count each
# mark as a word (spaCy, in datatrove) drop most technical text as "too short words".
VIEWS = {
    "words": pl.col("text").str.extract_all(r"\S+"),
}


def with_views(documents: pl.DataFrame, names: Iterable[str]) -> pl.DataFrame:
    """`documents` with the views `names` as columns, those already there untouched."""
    missing = [name for name in dict.fromkeys(names) if name not in documents.columns]
    return documents.with_columns(**{name: VIEWS[name] for name in missing})
