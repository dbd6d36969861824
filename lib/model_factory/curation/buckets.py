"""How documents are cut into shards."""

# Fixed, so that the documents do not depend on how many shards a card later cuts them into.
NUM_BUCKETS = 1024


def bucket_of(doc_id: str) -> int:
    """Which of NUM_BUCKETS a document falls into: the first bits of its id, so that ids and buckets sort alike."""
    return int(doc_id[:8], 16) * NUM_BUCKETS >> 32


def buckets_of(shard: int, num_shards: int) -> tuple[int, int]:
    """The half-open range of buckets that make up one of `num_shards` shards; together they are all of them."""
    return shard * NUM_BUCKETS // num_shards, (shard + 1) * NUM_BUCKETS // num_shards
