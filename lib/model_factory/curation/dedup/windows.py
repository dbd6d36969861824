"""Every n consecutive words of a text as one 64-bit number, computed by numpy on the bytes of many texts at once.

A word is a run of `\\w` (Unicode letters, marks, digits, connectors). Shapes: N bytes, T words, W windows, D documents,
all documents in a row.

Hashes are polynomials modulo 2⁶⁴ taken from prefix sums (Karp, Rabin 1987), of a word's bytes and then of a window's
mixed words, so that the cost of a window does not depend on its length. They are the same on every machine and in
every version. Two of 10⁷ distinct windows collide with a chance of 3·10⁻⁶.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

import numpy as np
import polars as pl

# What neither joins a word nor is ASCII becomes a blank; every byte from 0x80 on that is left belongs to a word.
FOREIGN_BREAKS = r"[^\w\x00-\x7F]+"
_WORD_BYTES = bytes(byte if byte >= 0x80 or byte == ord("_") or chr(byte).isalnum() else 0 for byte in range(256))
# Batches whose 8 bytes for each byte of text stay in the processor's cache are twice as fast as large ones.
BATCH_BYTES = 1 << 18
_BASE = 0x9E3779B97F4A7C15
_MIX = np.uint64(0xD6E8FEB86659FD93)
_SHIFT = np.uint64(32)


@dataclass(frozen=True)
class Windows:
    """`hashes` (uint64, shape (W,)) of all documents in a row; document i's lie between `offsets[i]` and
    `offsets[i + 1]`, as they come in the text, repeats included."""

    hashes: np.ndarray
    offsets: np.ndarray

    def of(self, document: int) -> np.ndarray:
        return self.hashes[self.offsets[document] : self.offsets[document + 1]]


def windows(texts: pl.Series, ngram: int) -> Windows:
    """The windows of `ngram` consecutive words of every text; a shorter text is one window, one without words has
    none."""
    parts = [_windows(batch, ngram) for batch in batches(_without_foreign_breaks(texts), BATCH_BYTES)]
    counts_D = np.concatenate([np.zeros(0, dtype=np.int64), *(np.diff(part.offsets) for part in parts)])
    hashes_W = np.concatenate([np.zeros(0, dtype=np.uint64), *(part.hashes for part in parts)])
    return Windows(hashes_W, _offsets(counts_D))


def _without_foreign_breaks(texts: pl.Series) -> pl.Series:
    foreign = texts.str.len_chars() != texts.str.len_bytes()
    if not foreign.any():
        return texts
    replaced = texts.filter(foreign).str.replace_all(FOREIGN_BREAKS, " ")
    order = np.argsort(foreign.to_numpy(), kind="stable")
    return pl.concat([texts.filter(~foreign), replaced]).gather(np.argsort(order))


def batches(texts: pl.Series, size_bytes: int) -> Iterator[pl.Series]:
    """`texts` in pieces of about `size_bytes`, at least one document each."""
    piece_D = texts.str.len_bytes().cast(pl.Int64).cum_sum().to_numpy() // size_bytes
    starts = [0, *(np.flatnonzero(np.diff(piece_D)) + 1).tolist(), len(texts)]
    for start, end in pairwise(starts):
        if end > start:
            yield texts.slice(start, end - start)


def _windows(texts: pl.Series, ngram: int) -> Windows:
    bytes_N, offsets_D = byte_row(texts)
    words_T, _, firsts_D = hashed_words(bytes_N, offsets_D)
    lengths_D = np.diff(firsts_D)
    base_T, inverse_T = _powers(len(words_T) + 1)
    prefix = np.zeros(len(words_T) + 1, dtype=np.uint64)
    np.cumsum(words_T * base_T[:-1], out=prefix[1:])
    ends_T = np.minimum(np.arange(ngram, len(words_T) + ngram), np.repeat(firsts_D[1:], lengths_D))
    hashes_T = mixed((prefix[ends_T] - prefix[:-1]) * inverse_T[:-1])
    counts_D = np.where(lengths_D > 0, np.maximum(lengths_D - ngram + 1, 1), 0)
    whole_T = np.arange(len(words_T)) < np.repeat(firsts_D[:-1] + counts_D, lengths_D)
    return Windows(hashes_T[whole_T], _offsets(counts_D))


def byte_row(texts: pl.Series) -> tuple[np.ndarray, np.ndarray]:
    """All texts as one row of bytes, 0 where no word is, and where each text starts in it."""
    array = texts.to_arrow()
    _, offsets, content = array.buffers()
    offsets_D = np.frombuffer(offsets, dtype=np.int64)[array.offset : array.offset + len(array) + 1]
    raw = memoryview(content)[offsets_D[0] : offsets_D[-1]] if content else b""
    return np.frombuffer(bytes(raw).translate(_WORD_BYTES), dtype=np.uint8), offsets_D - offsets_D[0]


def hashed_words(bytes_N: np.ndarray, offsets_D: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The mixed hash of every word, where it starts, and which word is each text's first (shape (D + 1,))."""
    is_word = bytes_N > 0
    after_break = np.ones(len(bytes_N), dtype=bool)
    np.logical_not(is_word[:-1], out=after_break[1:])
    after_break[offsets_D[:-1][offsets_D[:-1] < len(bytes_N)]] = True
    starts_T = np.flatnonzero(is_word & after_break)
    base_N, inverse_N = _powers(len(bytes_N) + 1)
    prefix = np.zeros(len(bytes_N) + 1, dtype=np.uint64)
    np.cumsum(bytes_N * base_N[:-1], out=prefix[1:])
    # What lies between two words adds nothing, so that a word may reach up to the next one.
    hashes_T = np.diff(prefix[starts_T], append=prefix[-1]) * inverse_N[starts_T]
    return mixed(hashes_T), starts_T, np.searchsorted(starts_T, offsets_D)


def mixed(hashes: np.ndarray) -> np.ndarray:
    """Every bit of the result depends on all bits: a polynomial's low bits depend on low bits alone."""
    hashes = (hashes ^ (hashes >> _SHIFT)) * _MIX
    hashes = (hashes ^ (hashes >> _SHIFT)) * _MIX
    return hashes ^ (hashes >> _SHIFT)


def _powers(count: int) -> tuple[np.ndarray, np.ndarray]:
    """The first `count` powers of the base and of its inverse modulo 2⁶⁴."""
    base, inverse = _tables(1 << max(count - 1, 1).bit_length())
    return base[:count], inverse[:count]


@lru_cache(maxsize=4)
def _tables(count: int) -> tuple[np.ndarray, np.ndarray]:
    def powers(of: int) -> np.ndarray:
        factors = np.full(count, of, dtype=np.uint64)
        factors[0] = 1
        return np.cumprod(factors)

    return powers(_BASE), powers(pow(_BASE, -1, 1 << 64))


def _offsets(counts: np.ndarray) -> np.ndarray:
    return np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
