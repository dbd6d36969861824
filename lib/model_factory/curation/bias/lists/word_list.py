"""What a word list is."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class WordList:
    """`groups` of one axis and the words that speak of each, `topics` that are asked about with it, and
    `source`: whose choice the words are."""

    axis: str
    groups: Mapping[str, Sequence[str]]
    topics: Mapping[str, Sequence[str]]
    source: str
