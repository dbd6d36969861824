"""`tokens.sequences` in memory, by source."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from model_factory import lake
from model_factory.nouns import Snapshot
from model_factory.trainer.rows import Segment


@dataclass(frozen=True)
class Sequences:
    """The sequences of one split in the order of their ids, which is the same however the lake stores them."""

    ids: list[str]
    sources: dict[str, np.ndarray]
    num_bytes: np.ndarray
    tokens: np.ndarray
    token_offsets: np.ndarray
    boundaries: np.ndarray
    boundary_offsets: np.ndarray

    def __len__(self) -> int:
        return len(self.ids)

    @property
    def length(self) -> int:
        """Tokens of the longest sequence."""
        return int(np.diff(self.token_offsets).max())

    def counts(self) -> dict[str, int]:
        """Source → number of its sequences."""
        return {source: len(rows) for source, rows in self.sources.items()}

    def row(self, source: str, index: int) -> int:
        """Row of the `index`-th sequence of a source."""
        return int(self.sources[source][index])

    def num_tokens(self, rows: Sequence[int]) -> int:
        return int(sum(self.token_offsets[row + 1] - self.token_offsets[row] for row in rows))

    def segments(self, row: int) -> list[Segment]:
        """The documents, or pieces of documents, that share a row."""
        tokens = self.tokens[self.token_offsets[row] : self.token_offsets[row + 1]]
        starts = self.boundaries[self.boundary_offsets[row] : self.boundary_offsets[row + 1]]
        return [Segment(part) for part in np.split(tokens, starts[1:])]


def read_sequences(snapshot: Snapshot, split: str) -> Sequences:
    """The sequences of a split; ValueError if there are none."""
    columns = ["sequence_id", "source", "tokens", "boundaries", "num_bytes"]
    table = lake.read(snapshot, columns, row_filter=f"split = '{split}'").sort_by("sequence_id").combine_chunks()
    if not table.num_rows:
        raise ValueError(
            f"{snapshot.table}@{snapshot.snapshot_id} has no {split} sequences; change tokenize.heldout_fraction"
        )
    names = np.array(table["source"].to_pylist())
    tokens, token_offsets = _flat(table["tokens"])
    boundaries, boundary_offsets = _flat(table["boundaries"])
    return Sequences(
        ids=table["sequence_id"].to_pylist(),
        sources={str(name): np.flatnonzero(names == name) for name in sorted(set(names))},
        num_bytes=table["num_bytes"].to_numpy(),
        tokens=tokens,
        token_offsets=token_offsets,
        boundaries=boundaries,
        boundary_offsets=boundary_offsets,
    )


def _flat(column: pa.ChunkedArray) -> tuple[np.ndarray, np.ndarray]:
    """A column of lists as one array and the offsets of its rows, int64."""
    lists = pa.concat_arrays(column.chunks)
    lengths = lists.value_lengths().to_numpy()
    return lists.flatten().to_numpy().astype(np.int64), np.concatenate([[0], np.cumsum(lengths, dtype=np.int64)])
