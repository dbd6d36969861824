"""Lists of all documents laid end to end, so that one array operation does them all.

Shapes: D documents, T items of all documents in a row.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import polars as pl


@dataclass(frozen=True)
class Flat:
    """`items` (T) in document order, `lengths_D` of them per document."""

    items: pl.Series
    lengths_D: np.ndarray

    @cached_property
    def starts_D(self) -> np.ndarray:
        """Where each document's items begin."""
        return np.cumsum(self.lengths_D) - self.lengths_D

    @cached_property
    def document_T(self) -> np.ndarray:
        """Which document each item belongs to."""
        return np.repeat(np.arange(len(self.lengths_D), dtype=np.uint32), self.lengths_D)

    def sums_D(self, numbers_T: np.ndarray) -> np.ndarray:
        """The sum of numbers or flags per document; 0 for a document without items."""
        running = np.concatenate([[0], np.cumsum(numbers_T, dtype=np.int64)])
        return running[self.starts_D + self.lengths_D] - running[self.starts_D]


def flatten(lists: pl.Series) -> Flat:
    """A column of lists, one per document."""
    items = lists.list.explode(keep_nulls=False, empty_as_null=False)
    return Flat(items, lists.list.len().to_numpy().astype(np.int64))


def fraction(part: np.ndarray, whole: np.ndarray) -> np.ndarray:
    """part / whole per document; 0 where the whole is empty."""
    return part / np.maximum(whole, 1)
