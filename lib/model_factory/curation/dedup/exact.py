"""Texts that are equal when runs of white space count as one blank."""

from collections.abc import Callable

import numpy as np
import polars as pl

from model_factory.curation.dedup.buckets import bucket_pairs


def exact_pairs(content_D: np.ndarray, is_new_D: np.ndarray, texts_of: Callable[[np.ndarray], pl.Series]) -> np.ndarray:
    """Pairs (i < j) of equal texts, each with the first of its kind, at least one of them new; shape (P, 2).

    Only texts that share their content key with a new one are read: the rest cannot be equal to any.
    """
    shared = np.unique(bucket_pairs(content_D, is_new_D, num_hubs=1))
    shared = np.flatnonzero(np.isin(content_D, content_D[shared]))
    normal = texts_of(shared).str.replace_all(r"\s+", " ").str.strip_chars(" ")
    kinds = pl.DataFrame({"at": shared, "text": normal}).with_columns(first=pl.col("at").first().over("text"))
    pairs = kinds.filter(pl.col("at") != pl.col("first")).select("first", "at").to_numpy().astype(np.int64)
    return pairs[is_new_D[pairs].any(axis=1)]
