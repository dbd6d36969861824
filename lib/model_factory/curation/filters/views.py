"""What several filters read of a text, computed once for all of them.

A view is a column. One that the documents already have is taken as it is: whoever has other
words (another tokeniser's, another language's) hands them over as the column `words`.
"""

from collections.abc import Callable, Iterable

import polars as pl

from model_factory.curation.filters.words import split_words

# Words are what white space separates: punctuation clings to its word. Tokenisers that count each
# mark as a word (spaCy, in datatrove) drop most technical text as "too short words".
VIEWS: dict[str, Callable[[pl.Series], pl.Series]] = {
    "words": split_words,
}


def with_views(documents: pl.DataFrame, names: Iterable[str]) -> pl.DataFrame:
    """`documents` with the views `names` as columns, those already there untouched. ValueError for a column
    that only the caller can have (`path`, `url`)."""
    missing = [name for name in dict.fromkeys(names) if name not in documents.columns]
    for name in missing:
        if name not in VIEWS:
            raise ValueError(f"documents: a filter reads the column {name!r}; read it together with the texts")
    return documents.with_columns(VIEWS[name](documents["text"]).alias(name) for name in missing)
