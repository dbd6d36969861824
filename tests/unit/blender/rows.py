"""Packed sequences of random tokens, for tests that need rows and not text."""

import numpy as np
import pyarrow as pa

from model_factory import lake
from model_factory.nouns import Lineage, Snapshot

LINEAGE = Lineage("run", "tokenize", "code", "commit", "image")


def sequences(num_rows: int, seed: int = 1, length: int = 0, vocab_size: int = 3000) -> pa.Table:
    """Rows of three sources with random tokens; rows are stored in another order than their ids'."""
    random = np.random.default_rng(seed)
    rows = []
    for number in random.permutation(num_rows):
        source = ("web", "code", "books")[number % 3]
        size = length or int(random.integers(2, 40))
        starts = sorted({0, *random.integers(0, size, 2).tolist()})
        rows.append(
            {
                "sequence_id": f"{source}-train-{number:07d}",
                "source": source,
                "split": "train" if number % 10 else "heldout",
                "tokens": random.integers(0, vocab_size, size).tolist(),
                "doc_ids": [f"d{number}-{start}" for start in starts],
                "boundaries": starts,
                "num_bytes": size * 3,
            }
        )
    return pa.Table.from_pylist(rows)


def written(rows: pa.Table) -> Snapshot:
    return lake.write("tokens.sequences", rows, LINEAGE)


def more(after: int, count: int) -> pa.Table:
    """Rows whose ids come after all others of their source."""
    rows = sequences(count, seed=2)
    names = [f"{name[:-7]}{int(name[-7:]) + after + 1:07d}" for name in rows["sequence_id"].to_pylist()]
    return rows.set_column(0, "sequence_id", pa.array(names))
