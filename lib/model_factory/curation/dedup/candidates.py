"""Pairs of documents that may be near duplicates: MinHash signatures, cut into bands.

MinHash: Broder 1997; banding: Leskovec, Rajaraman, Ullman, Mining of Massive Datasets, section 3.4.
Shapes: D documents, B bands, R rows a band.
"""

from collections.abc import Iterator

import numpy as np
import polars as pl
from rensa import RMinHash  # type: ignore[attr-defined]

from model_factory import ledger
from model_factory.cards.curate import NearDuplicates
from model_factory.curation.dedup.shingles import shingles

BATCH_DOCUMENTS = 2048  # bounds the memory of the shingles
# Neighbours compared in a bucket. k documents that agree in a band make k²/2 pairs; real duplicates are already
# connected through their neighbours, and the rest of a bucket meets again in the other bands.
MAX_NEIGHBOURS = 64


def candidates(texts: pl.Series, settings: NearDuplicates, seed: int) -> np.ndarray:
    """Distinct pairs (i < j) that agree in all rows of at least one band, sorted; shape (pairs, 2)."""
    signatures, worded = signatures_of(texts, settings, seed)
    pairs = [_pairs_of(np.ascontiguousarray(signatures[:, band])) for band in range(settings.num_bands)]
    merged = np.concatenate([np.zeros((0, 2), dtype=np.int64), *pairs])
    return np.unique(worded[merged], axis=0)


def signatures_of(texts: pl.Series, settings: NearDuplicates, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Signatures of the texts that have words, shape (D, B, R), and those texts' positions.

    Texts without a word have nothing to compare: their empty signatures would all agree.
    """
    shape = (settings.num_bands, settings.band_rows)
    signed, worded = [np.zeros((0, *shape), dtype=np.uint32)], [np.zeros(0, dtype=np.int64)]
    with ledger.progress(len(texts), "near duplicates", "documents") as progress:
        for start in range(0, len(texts), BATCH_DOCUMENTS):
            batch = texts.slice(start, BATCH_DOCUMENTS)
            found = shingles(batch, settings.ngram)
            keep = np.diff(found.offsets) > 0
            matrix = RMinHash.digest_matrix_from_flat_token_hashes(
                found.hashes, np.unique(found.offsets), shape[0] * shape[1], seed
            )
            signed.append(np.array(matrix.to_rows(), dtype=np.uint32).reshape(-1, *shape))
            worded.append(start + np.flatnonzero(keep))
            progress.advance(len(batch))
    return np.concatenate(signed), np.concatenate(worded)


def _pairs_of(rows_DR: np.ndarray) -> np.ndarray:
    """Pairs of documents whose rows in one band are equal."""
    keys = rows_DR.view(np.dtype((np.void, rows_DR.itemsize * rows_DR.shape[1]))).ravel()
    order = np.argsort(keys, kind="stable")
    pairs = list(_neighbours(keys[order], order))
    return np.sort(np.concatenate([np.zeros((0, 2), dtype=np.int64), *pairs]), axis=1)


def _neighbours(keys: np.ndarray, order: np.ndarray) -> Iterator[np.ndarray]:
    for distance in range(1, min(MAX_NEIGHBOURS, len(keys) - 1) + 1):
        equal = np.flatnonzero(keys[distance:] == keys[:-distance])
        if not len(equal):
            return
        yield np.stack([order[equal], order[equal + distance]], axis=1)
