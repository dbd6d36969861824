"""Which source each row comes from, row by row: the order of runs whose blend never changes.

Of the first n rows a source takes ⌊n · share⌋, share being its part of what the sources before it (by
name) leave; so both its own rows and those left to the rest are numbered without gaps, and any row is
found with a division a source. Within one row of the weights for two sources, one a source for more.
"""

from collections.abc import Mapping
from fractions import Fraction

import numpy as np

from model_factory.blender.shares import exact


class Nested:
    """Rows of batches 0, 1, 2, … of constant weights."""

    def __init__(self, weights: Mapping[str, float], batch_size: int) -> None:
        self.batch_size = batch_size
        self.shares = exact(weights)
        self.sources = tuple(self.shares)
        left, self._parts = Fraction(1), []
        for share in self.shares.values():
            self._parts.append(share / left)
            left -= share

    def counts(self, num_batches: int) -> list[int]:
        """Rows of each source in the first `num_batches` batches."""
        left, found = num_batches * self.batch_size, []
        for part in self._parts:
            found.append(left * part.numerator // part.denominator)
            left -= found[-1]
        return found

    def rows(self, number: int) -> tuple[np.ndarray, np.ndarray]:
        """Batch `number`'s rows: the source of each (its place in `sources`), and how many rows of that
        source the batches from 0 on gave before it."""
        first = number * self.batch_size
        found = [self.row(row) for row in range(first, first + self.batch_size)]
        codes, before = zip(*found, strict=True)
        return np.array(codes), np.array(before, dtype=np.int64)

    def row(self, row: int) -> tuple[int, int]:
        """Source by source: is it this one's turn, or one of the rest?"""
        for code, part in enumerate(self._parts):
            taken = row * part.numerator // part.denominator
            if (row + 1) * part.numerator // part.denominator > taken:
                return code, taken
            row -= taken
        raise AssertionError("the last source takes every row that is left")
