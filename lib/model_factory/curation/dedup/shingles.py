"""Texts as sets of hashed word n-grams."""

from itertools import pairwise

import numpy as np
import polars as pl

from model_factory.curation.dedup.windows import Windows, windows


def shingles(texts: pl.Series, ngram: int) -> Windows:
    """The set of `ngram` consecutive words of every text: its windows, sorted and distinct, in 63 bits (hashes are then
    never negative where a library or a table has signed numbers only)."""
    found = windows(texts, ngram)
    hashes_W = found.hashes >> np.uint64(1)
    for start, end in pairwise(found.offsets.tolist()):
        hashes_W[start:end].sort()
    distinct_W = np.ones(len(hashes_W), dtype=bool)
    np.not_equal(hashes_W[1:], hashes_W[:-1], out=distinct_W[1:])
    starts_D = found.offsets[:-1]
    distinct_W[starts_D[starts_D < len(hashes_W)]] = True
    return Windows(hashes_W[distinct_W], np.concatenate([[0], np.cumsum(distinct_W)])[found.offsets])
