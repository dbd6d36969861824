"""Pairs of documents that may be near duplicates: those that agree in a band.

Shapes: D documents in the order in which they are preferred, C of them compared.
"""

import numpy as np
import polars as pl

from model_factory.curation.dedup.buckets import bucket_pairs, distinct_pairs

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
