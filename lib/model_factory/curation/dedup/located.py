"""The words of texts with their places. Shapes: T words and N bytes of many texts in a row, D documents."""

from dataclasses import dataclass

import numpy as np
import polars as pl

from model_factory.curation.dedup.windows import BATCH_BYTES, batches, byte_row, hashed_words

# What neither joins a word nor is ASCII, by its length in UTF-8: blanks of that length keep all places.
_FOREIGN_BREAKS = {
    2: r"[[\u{80}-\u{7FF}]&&\W]",
    3: r"[[\u{800}-\u{FFFF}]&&\W]",
    4: r"[[\u{10000}-\u{10FFFF}]&&\W]",
}


@dataclass(frozen=True)
class LocatedWords:
    """`hashes_T` of the words, the bytes of their own text from `starts_T` to `ends_T`, and which of all words is each
    text's first (`firsts_D`, shape (D + 1,))."""

    hashes_T: np.ndarray
    starts_T: np.ndarray
    ends_T: np.ndarray
    firsts_D: np.ndarray


def located_words(texts: pl.Series) -> LocatedWords:
    """The words of all texts."""
    for length, characters in _FOREIGN_BREAKS.items():
        texts = texts.str.replace_all(characters, " " * length)
    nothing = np.zeros(0, dtype=np.int64)
    parts = [_located(batch) for batch in batches(texts, BATCH_BYTES)]
    hashes = [np.zeros(0, dtype=np.uint64), *(part.hashes_T for part in parts)]
    starts, ends = ([nothing, *(getattr(part, name) for part in parts)] for name in ("starts_T", "ends_T"))
    counts_D = np.concatenate([nothing, *(np.diff(part.firsts_D) for part in parts)])
    firsts_D = np.concatenate([[0], np.cumsum(counts_D)]).astype(np.int64)
    return LocatedWords(np.concatenate(hashes), np.concatenate(starts), np.concatenate(ends), firsts_D)


def _located(texts: pl.Series) -> LocatedWords:
    bytes_N, offsets_D = byte_row(texts)
    hashes_T, starts_T, firsts_D = hashed_words(bytes_N, offsets_D)
    is_word = bytes_N > 0
    before_break = np.ones(len(bytes_N), dtype=bool)
    np.logical_not(is_word[1:], out=before_break[:-1])
    before_break[offsets_D[1:][offsets_D[1:] > 0] - 1] = True
    ends_T = np.flatnonzero(is_word & before_break) + 1
    shift_T = np.repeat(offsets_D[:-1], np.diff(firsts_D))
    return LocatedWords(hashes_T, starts_T - shift_T, ends_T - shift_T, firsts_D)
