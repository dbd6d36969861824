"""k-means in two stages: coarse categories, and finer ones inside each.

Mini-batches (Sculley 2010) from k-means++ starts, on one thread: sums over several threads differ in their last bits
from run to run. D documents.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from model_factory.cards.categories import Categories

# Digits of a distance that are kept: the last ones differ between machines.
DIGITS = 6


@dataclass(frozen=True)
class Clusters:
    """`coarse_D` and `fine_D` (within the coarse one) count from 0, the largest first; `distance_D` is from the mean of
    the fine cluster, between points of length 1."""

    coarse_D: np.ndarray
    fine_D: np.ndarray
    distance_D: np.ndarray


def clusters(section: Categories, points: Any) -> Clusters:
    """A pure function of the section and the points in their order."""
    from threadpoolctl import threadpool_limits

    with threadpool_limits(1):
        coarse_D = _by_size(_kmeans(section, points, section.num_coarse))
        fine_D = np.zeros_like(coarse_D)
        distance_D = np.zeros(len(coarse_D))
        for coarse in range(coarse_D.max() + 1):
            members = np.flatnonzero(coarse_D == coarse)
            wanted = max(1, min(section.num_fine, len(members) // section.min_documents))
            fine_D[members] = _by_size(_kmeans(section, points[members], wanted))
            for fine in range(fine_D[members].max() + 1):
                own = members[fine_D[members] == fine]
                distance_D[own] = _distances(points[own])
    return Clusters(coarse_D, fine_D, distance_D.round(DIGITS))


def _kmeans(section: Categories, points: Any, num_clusters: int) -> np.ndarray:
    from sklearn.cluster import MiniBatchKMeans

    if num_clusters == 1 or points.shape[0] <= num_clusters:
        return np.arange(points.shape[0]) % num_clusters
    return MiniBatchKMeans(
        num_clusters,
        n_init=section.num_inits,  # pyright: ignore[reportArgumentType]
        batch_size=section.batch_size,
        random_state=section.seed,
    ).fit_predict(points)


def _by_size(labels_D: np.ndarray) -> np.ndarray:
    """The same clusters numbered by size; equal ones by their first member. None is empty."""
    names, first, inverse, sizes = np.unique(labels_D, return_index=True, return_inverse=True, return_counts=True)
    place = np.empty(len(names), dtype=np.int64)
    place[np.lexsort((first, -sizes))] = np.arange(len(names))
    return place[inverse]


def _distances(points: Any) -> np.ndarray:
    """Each point's distance from the mean of all."""
    mean = np.asarray(points.mean(axis=0)).ravel()
    squared = points.multiply(points).sum(axis=1) if hasattr(points, "multiply") else (points**2).sum(axis=1)
    spread = np.asarray(squared).ravel() - 2 * np.asarray(points @ mean).ravel() + mean @ mean
    return np.sqrt(np.maximum(spread, 0.0))
