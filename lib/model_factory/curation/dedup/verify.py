"""The exact similarity of proposed pairs.

Merging pairs unseen has cost others most of their corpus: what MinHash proposes is compared in full.
Shapes: P pairs, D documents.
"""

from collections.abc import Callable

import numpy as np
import polars as pl
from scipy.sparse import coo_array, csr_array
from scipy.sparse.csgraph import connected_components

from model_factory.curation.dedup.shingles import shingles
from model_factory.curation.dedup.windows import Windows

# Text whose shingles are held at once; each byte of it takes about four bytes of memory.
CHUNK_BYTES = 1 << 26
TextsOf = Callable[[np.ndarray], pl.Series]


def similarities(
    texts_of: TextsOf, num_bytes_D: np.ndarray, pairs_P: np.ndarray, ngram: int, threshold: float, chunk_bytes: int
) -> np.ndarray:
    """The Jaccard similarity of shingle sets of each of `pairs_P` (positions of documents, shape (P, 2)), shape (P,);
    0 where the sizes of the two sets alone keep it below `threshold`.

    `texts_of` gives the texts at some positions; it is asked for those of one chunk of pairs at a time.
    """
    order_P = _by_cluster(pairs_P, len(num_bytes_D))
    chunk_P = np.cumsum(num_bytes_D[pairs_P[order_P]].sum(axis=1)) // min(chunk_bytes, CHUNK_BYTES)
    similarity_P = np.zeros(len(pairs_P))
    for chunk in np.split(order_P, np.flatnonzero(np.diff(chunk_P)) + 1):
        similarity_P[chunk] = _similarities(texts_of, pairs_P[chunk], ngram, threshold)
    return similarity_P


def _by_cluster(pairs_P: np.ndarray, num_documents: int) -> np.ndarray:
    """Pairs that hang together side by side, so that few documents are read for more than one chunk."""
    edges = coo_array((np.ones(len(pairs_P), dtype=np.int8), tuple(pairs_P.T)), shape=(num_documents, num_documents))
    _, cluster_D = connected_components(edges, directed=False)
    return np.argsort(cluster_D[pairs_P[:, 0]], kind="stable")


def _similarities(texts_of: TextsOf, pairs_P: np.ndarray, ngram: int, threshold: float) -> np.ndarray:
    """0 where the sizes of two sets alone keep them below the threshold: they share the smaller one at most."""
    involved_D, local = np.unique(pairs_P, return_inverse=True)
    left_P, right_P = local.reshape(-1, 2).T
    sets_D = shingles(texts_of(involved_D), ngram)
    sizes_D = np.diff(sets_D.offsets)
    smaller_P, larger_P = np.sort(sizes_D[local.reshape(-1, 2)], axis=1).T
    near_P = smaller_P >= threshold * larger_P
    common_P = np.zeros(len(pairs_P), dtype=np.int64)
    common_P[near_P] = _common(sets_D, left_P[near_P], right_P[near_P])
    return common_P / np.maximum(smaller_P + larger_P - common_P, 1)


def _common(sets_D: Windows, left_P: np.ndarray, right_P: np.ndarray) -> np.ndarray:
    """How many hashes two sets share: rows of a sparse matrix with a column for every possible hash, which scipy
    multiplies by merging the sorted rows."""
    shape = (len(sets_D.offsets) - 1, np.iinfo(np.int64).max)
    ones = np.ones(len(sets_D.hashes), dtype=np.int8)
    members = csr_array((ones, sets_D.hashes.view(np.int64), sets_D.offsets), shape=shape)
    return np.diff(members[left_P].multiply(members[right_P]).indptr)
