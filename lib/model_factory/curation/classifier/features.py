"""Texts as sparse vectors: hashed words and word pairs, weighted and of length one.

Shapes: D documents, W words of all documents in a row, F features.
"""

import numpy as np
import polars as pl
import polars_hash  # noqa: F401  (registers the name space `nchash`, whose hashes are the same in every version)
from scipy.sparse import csr_array

from model_factory.curation.filters.flat import Flat, flatten

MULTIPLIER = np.uint64(0x9E3779B97F4A7C15)
SHIFT = np.uint64(32)


def features(words: pl.Series, num_features: int, ngram: int) -> csr_array:
    """Vectors of documents given as lists of words, shape (D, F): 1 + log of how often each n-gram of up to `ngram`
    words (in lower case) occurs, scaled to Euclidean length one; a document without words is zero."""
    flat = flatten(words)
    hashes_W = _hashes(flat.items)
    columns, documents = [], []
    for n in range(1, ngram + 1):
        hashes, places = _ngram_hashes(flat, hashes_W, n)
        columns.append((hashes >> SHIFT) % np.uint64(num_features))
        documents.append(flat.document_T[places])
    shape = (len(flat.lengths_D), num_features)
    column, document = np.concatenate(columns).astype(np.int64), np.concatenate(documents).astype(np.int64)
    counts = csr_array((np.ones(len(column)), (document, column)), shape=shape)
    counts.sum_duplicates()
    counts.data = 1.0 + np.log(counts.data)
    lengths_D = np.sqrt(counts.multiply(counts).sum(axis=1))
    counts.data /= np.repeat(np.maximum(lengths_D, 1e-12), np.diff(counts.indptr))
    return counts


def _hashes(items: pl.Series) -> np.ndarray:
    frame = pl.DataFrame({"word": items.str.to_lowercase()})
    return frame.select(pl.col("word").nchash.wyhash()).to_series().to_numpy()  # type: ignore[attr-defined]


def _ngram_hashes(flat: Flat, hashes_W: np.ndarray, n: int) -> tuple[np.ndarray, np.ndarray]:
    """Hashes of the n-grams inside a document, and where each begins."""
    ends_W = np.repeat(flat.starts_D + flat.lengths_D, flat.lengths_D)
    places = np.flatnonzero(np.arange(len(hashes_W)) + n <= ends_W)
    rolled = np.full(len(places), np.uint64(n))
    for step in range(n):
        rolled = (rolled ^ hashes_W[places + step]) * MULTIPLIER
        rolled ^= rolled >> np.uint64(29)
    return rolled, places
