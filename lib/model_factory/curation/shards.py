"""How documents are cut into shards: ranges of ids with about as many bytes in each."""

from collections.abc import Iterator

import numpy as np

from model_factory import lake
from model_factory.curation.buckets import NUM_BUCKETS, buckets_of
from model_factory.nouns import Snapshot

# Ids are hashes: their first four digits cut documents as finely as any number of machines can use.
DIGITS = 4
NUM_CELLS = 16**DIGITS
# A shard that holds more than this many times its share would be the one that all others wait for.
MOST_SHARES = 2


def sizes(documents: Snapshot) -> np.ndarray:
    """Bytes of text by cell, shape (NUM_CELLS,)."""
    sizes_C = np.zeros(NUM_CELLS, dtype=np.int64)
    for batch in lake.batches(documents, ["doc_id", "num_bytes"]):
        cells = [int(doc_id[:DIGITS], 16) for doc_id in batch["doc_id"].to_pylist()]
        np.add.at(sizes_C, cells, batch["num_bytes"].to_numpy())
    return sizes_C


def shards(sizes_C: np.ndarray, num_shards: int, most_bytes: int) -> list[str]:
    """`num_shards` ranges of equal width as "from-to" of the ids' first digits, in order, together all ids.

    Ids are hashes, so that no source weighs on one shard; a few large documents may. A range with more than
    `most_bytes` or more than MOST_SHARES times its share is cut where its halves are most alike, again and
    again. The same documents give the same plan.
    """
    limit = min(most_bytes, MOST_SHARES * int(sizes_C.sum()) // num_shards)
    width = NUM_CELLS // NUM_BUCKETS
    ranges = [(first * width, end * width) for first, end in (buckets_of(at, num_shards) for at in range(num_shards))]
    return [_name(*part) for first, end in ranges for part in _cut(sizes_C, first, end, limit)]


def within(shard: str) -> str:
    """The rows of a shard, for `lake.read` and `lake.batches`."""
    first, end = shard.split("-")
    return f"doc_id >= '{first}' and doc_id < '{end}'"


def _cut(sizes_C: np.ndarray, first: int, end: int, limit: int) -> Iterator[tuple[int, int]]:
    held = first + np.flatnonzero(sizes_C[first:end])
    total = int(sizes_C[first:end].sum())
    if total <= limit or len(held) < 2:
        yield first, end
        return
    before = np.cumsum(sizes_C[held])[:-1]
    middle = int(held[1 + np.argmin(np.abs(2 * before - total))])
    yield from _cut(sizes_C, first, middle, limit)
    yield from _cut(sizes_C, middle, end, limit)


def _name(first: int, end: int) -> str:
    # Every id is below "g".
    return f"{first:04x}-{end:04x}" if end < NUM_CELLS else f"{first:04x}-g"
