"""The words of many texts as places in one row of bytes: what is asked of every word is a few array operations.

Shapes: D documents, N bytes of all texts in a row (with a margin behind them), T words.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import polars as pl
import pyarrow as pa

from model_factory.curation.filters.flat import Rows

SPACE = 32  # ASCII's white space and control characters come no later


@dataclass(frozen=True)
class Words(Rows):
    """Word t is `bytes_N[starts_T[t]:ends_T[t]]`; where they are `spaced` there is white space between words, else
    nothing."""

    bytes_N: np.ndarray
    starts_T: np.ndarray
    ends_T: np.ndarray
    spaced: bool

    @cached_property
    def chars_T(self) -> np.ndarray:
        """Characters of every word: its bytes but for those that continue a character."""
        sizes_T = self.ends_T - self.starts_T
        continued = np.flatnonzero((self.bytes_N & 0xC0) == 0x80)
        if len(continued):
            sizes_T -= np.bincount(np.searchsorted(self.starts_T, continued, "right") - 1, minlength=len(sizes_T))
        return sizes_T

    @cached_property
    def hashes_T(self) -> np.ndarray:
        """64 bits for every word, the same for the same word in this process."""
        ends = np.cumsum(self.ends_T - self.starts_T)
        letters = self.bytes_N[self.bytes_N > SPACE] if self.spaced else self.bytes_N
        return _strings(letters, ends).hash().to_numpy()

    def flags_T(self, classes: bytes) -> np.ndarray:
        """The classes of a word's bytes together: `classes` gives the bits of each of the 256."""
        if not len(self.starts_T):
            return np.zeros(0, dtype=np.uint8)
        classes_N = np.frombuffer(self.bytes_N.tobytes().translate(classes), dtype=np.uint8)
        flags_T = np.bitwise_or.reduceat(classes_N, self.starts_T)
        flags_T[self.starts_T == self.ends_T] = 0
        return flags_T

    def strings(self, places: np.ndarray) -> pl.Series:
        """The words at some places."""
        sizes = self.ends_T[places] - self.starts_T[places]
        ends = np.cumsum(sizes)
        within = np.arange(sizes.sum()) + np.repeat(self.starts_T[places] - ends + sizes, sizes)
        return _strings(self.bytes_N[within], ends)


def words_between_spaces(texts: pl.Series) -> Words:
    """What lies between ASCII's white space and control characters.

    Unicode's other spaces separate nothing: normalising turns them into ordinary ones.
    """
    # A line break behind every text, so that none goes on in the next.
    bytes_N, offsets_D = _byte_row(texts + "\n")
    inside_N = bytes_N > SPACE
    edges = np.flatnonzero(inside_N[1:] ^ inside_N[:-1]) + 1
    if inside_N[0]:
        edges = np.concatenate([[0], edges])
    starts_T, ends_T = np.ascontiguousarray(edges[::2]), np.ascontiguousarray(edges[1::2])
    return Words(np.diff(np.searchsorted(starts_T, offsets_D)), bytes_N, starts_T, ends_T, True)


def words_given(lists: pl.Series) -> Words:
    """The words of lists of strings, one list per document."""
    bytes_N, offsets = _byte_row(lists.list.explode(keep_nulls=False, empty_as_null=False))
    return Words(lists.list.len().to_numpy().astype(np.int64), bytes_N, offsets[:-1], offsets[1:], False)


def _byte_row(texts: pl.Series) -> tuple[np.ndarray, np.ndarray]:
    """All texts in a row, a zero behind them, and where each begins (shape (D + 1,))."""
    strings = texts.to_arrow(compat_level=pl.CompatLevel.oldest())
    _, offset_buffer, data = strings.buffers()
    offsets_D = np.frombuffer(offset_buffer, dtype=np.int64)[strings.offset : strings.offset + len(texts) + 1]
    size = int(offsets_D[-1] - offsets_D[0])
    bytes_N = np.zeros(size + 1, dtype=np.uint8)
    bytes_N[:size] = np.frombuffer(data or b"", dtype=np.uint8)[offsets_D[0] : offsets_D[-1]]
    return bytes_N, offsets_D - offsets_D[0]


def _strings(letters: np.ndarray, ends: np.ndarray) -> pl.Series:
    buffers = [pa.py_buffer(np.append(0, ends)), pa.py_buffer(letters)]
    return pl.Series(pl.from_arrow(pa.LargeStringArray.from_buffers(len(ends), *buffers)))
