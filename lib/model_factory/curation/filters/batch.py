"""Documents, and what several filters read of them, computed once for all of them and only when asked for."""

from functools import cached_property
from typing import Any

import polars as pl

from model_factory.curation.filters.flat import Flat, flatten
from model_factory.curation.filters.word_bytes import Words, words_between_spaces, words_given
from model_factory.curation.filters.words import split_words


class Batch:
    """`frame` has doc_id, language, text and the columns that filters name; it is read as a frame is.

    Words are what white space separates: punctuation clings to its word. Tokenisers that count each mark as a word
    (spaCy, in datatrove) drop most technical text as "too short words". Whoever has other words (another tokeniser's,
    another language's) hands them over as the column `words`.
    """

    def __init__(self, frame: pl.DataFrame) -> None:
        self.frame = frame
        self._of: dict[str, Batch] = {"": self}

    def __len__(self) -> int:
        return len(self.frame)

    def __getitem__(self, column: str) -> pl.Series:
        return self.frame[column]

    def select(self, *columns: Any, **named: Any) -> pl.DataFrame:
        return self.frame.select(*columns, **named)

    def of(self, language: str) -> "Batch":
        """The documents of one language, all where it is empty."""
        if language not in self._of:
            chosen = self.frame["language"] == language
            self._of[language] = self if chosen.all() else Batch(self.frame.filter(chosen))
        return self._of[language]

    @cached_property
    def words(self) -> Words:
        given = "words" in self.frame.columns
        return words_given(self.frame["words"]) if given else words_between_spaces(self.frame["text"])

    @property
    def word_lists(self) -> pl.Series:
        """The words as lists of strings, for who needs them as such."""
        return self.frame["words"] if "words" in self.frame.columns else split_words(self.frame["text"])

    @cached_property
    def lines(self) -> Flat:
        """What line breaks separate."""
        return flatten(self.frame["text"].str.split("\n"))
