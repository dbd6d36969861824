"""The exact similarity of proposed pairs.

Merging pairs unseen has cost others most of their corpus: what MinHash proposes is compared in full.
"""

import numpy as np
import polars as pl

from model_factory.curation.dedup.shingles import shingles


def verified(texts: pl.Series, pairs: np.ndarray, ngram: int, threshold: float) -> tuple[np.ndarray, np.ndarray]:
    """Of `pairs` (positions in `texts`, shape (pairs, 2)) those whose Jaccard similarity of shingle sets reaches
    `threshold`, and the similarities."""
    involved, local = np.unique(pairs, return_inverse=True)
    found = shingles(texts.gather(involved), ngram)
    similarity = np.array([_jaccard(found.of(left), found.of(right)) for left, right in local.reshape(-1, 2)])
    enough = similarity >= threshold
    return pairs[enough], similarity[enough]


def _jaccard(left: np.ndarray, right: np.ndarray) -> float:
    common = len(np.intersect1d(left, right, assume_unique=True))
    return common / (len(left) + len(right) - common)
