"""One split of `tokens.sequences`, mapped into memory, by source."""

from dataclasses import dataclass

import numpy as np

from model_factory.blender.cache import token_cache
from model_factory.blender.stream import Batch
from model_factory.blender.tokens import Tokens
from model_factory.nouns import Snapshot
from model_factory.trainer.rows import Segment


@dataclass(frozen=True)
class Sequences:
    """The sequences of one split in the order of their ids, which is the same however the lake stores them."""

    held: Tokens

    def __len__(self) -> int:
        return len(self.held)

    @property
    def ids(self) -> list[str]:
        return self.held.ids

    @property
    def sources(self) -> dict[str, np.ndarray]:
        """Source → its rows, in order."""
        return self.held.sources

    @property
    def num_bytes(self) -> np.ndarray:
        return self.held.num_bytes

    @property
    def length(self) -> int:
        """Tokens of the longest sequence."""
        return int(self.held.lengths.max())

    def counts(self) -> dict[str, int]:
        """Source → number of its sequences."""
        return self.held.counts()

    def segments(self, row: int) -> list[Segment]:
        """The documents, or pieces of documents, that share a row."""
        tokens = self.held.read(np.array([row]))
        return _segments(tokens, self.held.boundaries(row), self.held.given(row))


def read_sequences(snapshot: Snapshot, split: str) -> Sequences:
    """The sequences of a split; ValueError if there are none."""
    return Sequences(token_cache().open(snapshot, split))


def segments_of(batch: Batch) -> list[list[Segment]]:
    """The segments of every row of a batch."""
    rows = [batch.row(index) for index in range(len(batch))]
    return [_segments(row.tokens, row.boundaries, row.given) for row in rows]


def _segments(tokens: np.ndarray, boundaries: np.ndarray, given: np.ndarray) -> list[Segment]:
    parts = np.split(tokens.astype(np.int64), boundaries[1:])
    return [Segment(part, int(read)) for part, read in zip(parts, given, strict=True)]
