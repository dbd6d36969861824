"""Texts as sets of hashed token n-grams.

Shapes: T tokens of all documents in a row, W windows, D documents.
"""

import hashlib
from dataclasses import dataclass

import numpy as np
import polars as pl

TOKEN = r"\w+"
_MULTIPLIER = np.uint64(0x9E3779B97F4A7C15)


@dataclass(frozen=True)
class Shingles:
    """`hashes` (uint64) of all documents in a row, sorted and distinct within each; document i's lie between
    `offsets[i]` and `offsets[i + 1]`."""

    hashes: np.ndarray
    offsets: np.ndarray

    def of(self, document: int) -> np.ndarray:
        return self.hashes[self.offsets[document] : self.offsets[document + 1]]


def shingles(texts: pl.Series, ngram: int) -> Shingles:
    """The set of `ngram` consecutive words of every text; a shorter text is one shingle, one without
    words has none. 64-bit hashes: two of 10⁷ shingles collide with a chance of 3·10⁻⁶."""
    tokens = texts.str.extract_all(TOKEN)
    lengths_D = tokens.list.len().to_numpy().astype(np.int64)
    hashes_T = _hashes(tokens.list.explode(keep_nulls=False, empty_as_null=False))
    windows_D = np.where(lengths_D > 0, np.maximum(lengths_D - ngram + 1, 1), 0)
    documents_W = np.repeat(np.arange(len(texts)), windows_D)
    hashes_W = _rolled(hashes_T, lengths_D, windows_D, documents_W, ngram)
    distinct = pl.DataFrame({"document": documents_W, "hash": hashes_W}).unique().sort("document", "hash")
    counts_D = np.bincount(distinct["document"].to_numpy(), minlength=len(texts))
    offsets = np.concatenate([[0], np.cumsum(counts_D)]).astype(np.uint64)
    return Shingles(distinct["hash"].to_numpy(), offsets)


def _hashes(tokens_T: pl.Series) -> np.ndarray:
    """64 bits of blake2b of each distinct token: unlike polars' own hash the same on every machine and version."""
    if tokens_T.is_empty():
        return np.zeros(0, dtype=np.uint64)
    distinct = tokens_T.unique()
    digests = [hashlib.blake2b(token.encode(), digest_size=8).digest() for token in distinct]
    hashes = pl.Series(np.frombuffer(b"".join(digests), dtype="<u8"))
    return tokens_T.replace_strict(distinct, hashes, return_dtype=pl.UInt64).to_numpy()


def _rolled(
    hashes_T: np.ndarray, lengths_D: np.ndarray, windows_D: np.ndarray, documents_W: np.ndarray, ngram: int
) -> np.ndarray:
    """A polynomial hash of each window; one that reaches past its document repeats the last token."""
    starts_D = np.cumsum(lengths_D) - lengths_D
    firsts_D = np.cumsum(windows_D) - windows_D
    position_W = starts_D[documents_W] + np.arange(len(documents_W)) - firsts_D[documents_W]
    last_W = (starts_D + lengths_D - 1)[documents_W]
    rolled_W = np.zeros(len(documents_W), dtype=np.uint64)
    for step in range(ngram):
        rolled_W = (rolled_W + hashes_T[np.minimum(position_W + step, last_W)]) * _MULTIPLIER
    return rolled_W ^ (rolled_W >> np.uint64(29))
