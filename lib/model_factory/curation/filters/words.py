"""Texts split into words at white space, on the bytes of all texts at once.

Shapes: D documents, B bytes of all texts in a row, W words of all documents in a row.
"""

import numpy as np
import polars as pl
import pyarrow as pa

SPACE = 32  # ASCII's white space and control characters come no later


def split_words(texts: pl.Series) -> pl.Series:
    """The words of every text as a list: what lies between ASCII's white space and control characters.

    Unicode's other spaces separate nothing: normalising turns them into ordinary ones.
    """
    strings = texts.to_arrow(compat_level=pl.CompatLevel.oldest())
    _, offset_buffer, data = strings.buffers()
    offsets_D = np.frombuffer(offset_buffer, dtype=np.int64)[: len(texts) + 1]
    bytes_B = np.frombuffer(data or b"", dtype=np.uint8)[: offsets_D[-1]]
    inside_B = bytes_B > SPACE
    starts_W, ends_W = _edges(inside_B, offsets_D)
    letters, offsets_W = bytes_B[inside_B], np.concatenate([[0], np.cumsum(ends_W - starts_W)])
    words = pa.LargeStringArray.from_buffers(len(starts_W), pa.py_buffer(offsets_W), pa.py_buffer(letters))
    lists = pa.LargeListArray.from_arrays(pa.array(np.searchsorted(starts_W, offsets_D)), words)
    return pl.Series(pl.from_arrow(lists))


def _edges(inside_B: np.ndarray, offsets_D: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Where words begin and end. A text's edge is one, though the next text may begin with a letter."""
    before_B = np.concatenate([[False], inside_B[:-1]])
    after_B = np.concatenate([inside_B[1:], [False]])
    inner = offsets_D[(offsets_D > 0) & (offsets_D < len(inside_B))]
    before_B[inner] = False
    after_B[inner - 1] = False
    return np.flatnonzero(inside_B & ~before_B), np.flatnonzero(inside_B & ~after_B) + 1
