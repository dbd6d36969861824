"""Pairs of documents that share a key. Shapes: D documents in the order in which they are preferred, P pairs."""

import numpy as np


def bucket_pairs(keys_D: np.ndarray, is_new_D: np.ndarray, num_hubs: int) -> np.ndarray:
    """Distinct pairs (i < j) of documents with equal keys, at least one of them new, sorted; shape (P, 2).

    In a bucket every document is paired with the first `num_hubs` and no other, so that k equal keys make no k²
    pairs. Documents that come in a few at a time get every pair that they would have got all at once; in buckets
    above `num_hubs` also those of former first ones.
    """
    order = np.argsort(keys_D, kind="stable")
    keys = keys_D[order]
    starts = np.flatnonzero(np.concatenate([[True], keys[1:] != keys[:-1]])) if len(keys) else np.zeros(0, np.int64)
    sizes = np.diff(starts, append=len(keys))
    starts, sizes = starts[sizes > 1], sizes[sizes > 1]
    pairs = [np.zeros((0, 2), dtype=np.int64)]
    for hub in range(min(num_hubs, int(sizes.max(initial=1)) - 1)):
        starts, sizes = starts[sizes > hub + 1], sizes[sizes > hub + 1]
        later = _ranges(starts + hub + 1, sizes - hub - 1)
        pairs.append(np.stack([np.repeat(order[starts + hub], sizes - hub - 1), order[later]], axis=1))
    found = np.concatenate(pairs)
    return distinct_pairs([found[is_new_D[found].any(axis=1)]])


def distinct_pairs(parts: list[np.ndarray]) -> np.ndarray:
    """Every pair once, sorted: a pair that agrees in several bands is compared once."""
    pairs = np.concatenate([np.zeros((0, 2), dtype=np.int64), *parts])
    return np.stack(np.divmod(np.unique(pairs[:, 0] * (1 << 32) + pairs[:, 1]), 1 << 32), axis=1)


def _ranges(starts: np.ndarray, counts: np.ndarray) -> np.ndarray:
    """start, start + 1, … for each start, as many as it counts (all above 0)."""
    first = np.cumsum(counts) - counts
    return np.arange(counts.sum()) + np.repeat(starts - first, counts)
