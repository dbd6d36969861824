"""Pairs of documents that may be near duplicates: those that agree in a band.

Shapes: D documents in the order in which they are preferred, C of them compared.
"""

import numpy as np
import polars as pl

from model_factory.curation.dedup.buckets import bucket_pairs, distinct_pairs

# How far below the threshold, in standard deviations, a pair may be estimated and still be compared in full: one true
# pair in 30,000 is lost by it, and most comparisons are saved.
ESTIMATE_MARGIN = 4.0
ESTIMATED_AT_ONCE = 1 << 18  # pairs
# Documents of a bucket that the others are compared with. k documents that agree in a band make k²/2 pairs; the first
# of them are the ones that will be kept, and the rest of a bucket meets again in the other bands.
NUM_HUBS = 64


def near_candidates(bands_D: pl.Series, compared_C: np.ndarray, is_new_D: np.ndarray) -> np.ndarray:
    """Distinct pairs (i < j) among `compared_C` that agree in at least one band and of which one is new, sorted;
    shape (P, 2)."""
    num_bands = int(bands_D.list.len().max() or 0)  # type: ignore[arg-type]
    return distinct_pairs([band_candidates(bands_D, band, compared_C, is_new_D) for band in range(num_bands)])


def band_candidates(bands_D: pl.Series, band: int, compared_C: np.ndarray, is_new_D: np.ndarray) -> np.ndarray:
    """The pairs of one band: bands can be searched one after another or on many machines, 16 bytes a document each."""
    keys_C = bands_D.gather(compared_C).list.get(band).to_numpy()
    return compared_C[bucket_pairs(keys_C, is_new_D[compared_C], NUM_HUBS)]


def plausible(sketch_D: pl.Series, pairs_P: np.ndarray, threshold: float) -> np.ndarray:
    """The pairs whose sketches do not rule out a similarity of `threshold`."""
    involved_D, local = np.unique(pairs_P, return_inverse=True)
    if not len(involved_D):
        return pairs_P
    rows = np.frombuffer(b"".join(sketch_D.gather(involved_D)), dtype=np.uint8).reshape(len(involved_D), -1)
    least = threshold - ESTIMATE_MARGIN * np.sqrt(threshold * (1 - threshold) / rows.shape[1])
    parts = np.array_split(local.reshape(-1, 2), -(-len(pairs_P) // ESTIMATED_AT_ONCE))
    equal_P = np.concatenate([(rows[part[:, 0]] == rows[part[:, 1]]).mean(axis=1) for part in parts])
    return pairs_P[equal_P >= least]
