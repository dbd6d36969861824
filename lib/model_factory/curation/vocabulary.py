"""Texts as words of letters, laid end to end, every word by its number.

Shapes: D documents, T words of all documents in a row, V words of the vocabulary.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import polars as pl

from model_factory.curation.filters.flat import flatten

# Runs of letters: `self.win32_path` is "self", "win", "path", and "don't" is one word.
WORD = r"\p{L}+(?:['’]\p{L}+)*"


@dataclass(frozen=True)
class Words:
    """The words of D documents in lower case. `vocabulary` is in order; `codes_T` are places in it."""

    vocabulary: pl.Series
    codes_T: np.ndarray
    document_T: np.ndarray
    num_documents: int

    def codes_of(self, words: Iterable[str]) -> dict[str, int]:
        """Those of `words` that occur, with their numbers."""
        held = self._places.filter(pl.col("word").is_in(sorted(set(words))))
        return dict(held.rows())

    @cached_property
    def _places(self) -> pl.DataFrame:
        return pl.DataFrame({"word": self.vocabulary}).with_row_index("code").select("word", "code")

    @cached_property
    def bounds_T(self) -> tuple[np.ndarray, np.ndarray]:
        """For every word, where its document begins and ends in the row of all words."""
        lengths_D = np.bincount(self.document_T, minlength=self.num_documents)
        ends_D = np.cumsum(lengths_D)
        return (ends_D - lengths_D)[self.document_T], ends_D[self.document_T]

    def in_order(self) -> list[str]:
        """The words themselves."""
        return self.vocabulary.gather(self.codes_T).to_list()

    def by_document(self) -> tuple[np.ndarray, np.ndarray]:
        """Every distinct (document, code) once, as two arrays."""
        return self.pairs(np.ones(len(self.codes_T), dtype=bool))

    def pairs(self, mask_T: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Every distinct (document, code) of the words that `mask_T` marks, as two arrays."""
        size = max(len(self.vocabulary), 1)
        found = np.unique(self.document_T[mask_T].astype(np.int64) * size + self.codes_T[mask_T])
        return found // size, found % size


def words_of(texts: pl.Series) -> Words:
    """The words of every text: a pure function of the texts, whatever was read before."""
    flat = flatten(texts.str.to_lowercase().str.extract_all(WORD))
    vocabulary = flat.items.unique().sort()
    codes_T = flat.items.cast(pl.Enum(vocabulary)).to_physical().to_numpy().astype(np.int64)
    return Words(vocabulary, codes_T, flat.document_T, len(texts))


def words_in(text: str) -> list[str]:
    """The words of one short text, as `words_of` would find them."""
    return words_of(pl.Series([text])).in_order()
