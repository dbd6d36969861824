"""Lists of all documents laid end to end, so that one array operation does them all.

Shapes: D documents, T items of all documents in a row.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import polars as pl


@dataclass(frozen=True)
class Rows:
    """Items in document order, `lengths_D` of them per document."""

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
        running = np.zeros(len(numbers_T) + 1, dtype=np.int64)
        np.cumsum(numbers_T, out=running[1:])
        return running[self.starts_D + self.lengths_D] - running[self.starts_D]


@dataclass(frozen=True)
class Flat(Rows):
    """`items` (T) as strings or numbers."""

    items: pl.Series

    def where(self, kept_T: np.ndarray) -> "Flat":
        """The items with a true flag, for the same documents."""
        return Flat(self.sums_D(kept_T), self.items.filter(pl.Series(kept_T)))


def flatten(lists: pl.Series) -> Flat:
    """A column of lists, one per document."""
    items = lists.list.explode(keep_nulls=False, empty_as_null=False)
    return Flat(lists.list.len().to_numpy().astype(np.int64), items)


def fraction(part: np.ndarray, whole: np.ndarray) -> np.ndarray:
    """part / whole per document; 0 where the whole is empty."""
    return part / np.maximum(whole, 1)
