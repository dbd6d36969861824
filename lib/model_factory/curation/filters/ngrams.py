"""Repeated word n-grams of every document, for growing n.

Shapes: D documents, T words of all documents in a row, C words where an n-gram may repeat, R repeats.
An n-gram repeats only where the shorter one inside it does, so each n looks at what the last one left.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from model_factory.curation.filters.repeats import MULTIPLIER, Groups, groups, keys
from model_factory.curation.filters.word_bytes import Words


@dataclass(frozen=True)
class Spans:
    """Consecutive words; `before_T` (T + 1) counts the characters before each."""

    words: Words
    before_T: np.ndarray

    @classmethod
    def of(cls, words: Words) -> "Spans":
        before_T = np.zeros(len(words.starts_T) + 1, dtype=np.int64)
        np.cumsum(words.chars_T, out=before_T[1:])
        return cls(words, before_T)

    def chars(self, positions: np.ndarray, n: int) -> np.ndarray:
        """The characters of the n words at each position, without spaces."""
        return self.before_T[positions + n] - self.before_T[positions]


def repeated_ngrams(words: Words, longest: int) -> Iterator[tuple[int, Groups]]:
    """(n, groups of equal n-grams within a document) for n from 2 to `longest`."""
    keys_T = keys(words, words.hashes_T)
    left_T = np.repeat(words.starts_D + words.lengths_D, words.lengths_D) - np.arange(len(keys_T))
    positions_C = np.flatnonzero(left_T >= 2)
    hashes_C = keys_T[positions_C]
    for n in range(2, longest + 1):
        hashes_C = hashes_C * MULTIPLIER + keys_T[positions_C + n - 1]
        found = groups(hashes_C, positions_C)
        yield n, found
        repeats_T = np.zeros(len(keys_T) + 1, dtype=bool)
        repeats_T[found.positions_G] = True
        stay_C = repeats_T[positions_C] & repeats_T[positions_C + 1] & (left_T[positions_C] > n)
        positions_C, hashes_C = positions_C[stay_C], hashes_C[stay_C]


def top_chars(spans: Spans, n: int, found: Groups) -> np.ndarray:
    """Characters that the most frequent n-gram of each document (D) covers, spaces inside it counted; the one that
    occurs first of equally frequent ones, and 0 for a document of fewer words."""
    words = spans.words
    firsts = found.positions_G[found.heads]
    # More frequent first, then earlier: both in one number, whose greatest is kept for each document.
    scores = (found.counts.astype(np.uint64) << np.uint64(32)) | (np.uint64(0xFFFFFFFF) - firsts.astype(np.uint64))
    best_D = np.zeros(len(words.lengths_D), dtype=np.uint64)
    np.maximum.at(best_D, words.document_T[firsts], scores)
    repeated_D = best_D > 0
    first_D = np.where(repeated_D, 0xFFFFFFFF - (best_D & np.uint64(0xFFFFFFFF)).astype(np.int64), words.starts_D)
    count_D = np.where(repeated_D, (best_D >> np.uint64(32)).astype(np.int64), 1)
    enough_D = words.lengths_D >= n
    chars_D = spans.chars(np.where(enough_D, first_D, 0), n) if enough_D.any() else np.zeros_like(count_D)
    return np.where(enough_D, count_D * (chars_D + n - 1), 0)


def duplicate_chars(spans: Spans, n: int, found: Groups) -> np.ndarray:
    """Characters of each document (D) in n-grams that were read before, none of them counted twice.

    Reads on word by word, and behind an n-gram known already at the word after it; n-grams that were
    jumped over stay unknown. What is known depends on the jumps and they on it: both are
    corrected until they agree, document by document from the front.
    """
    words, known_G = spans.words, found.repeats_G
    while True:
        taken = _jumps(np.sort(found.positions_G[known_G]), n)
        corrected_G = _read_before(found, ~_passed_over(taken, n, len(words.starts_T))[found.positions_G])
        if (corrected_G == known_G).all():
            break
        known_G = corrected_G
    return np.bincount(words.document_T[taken], weights=spans.chars(taken, n), minlength=len(words.lengths_D))


def _jumps(known_R: np.ndarray, n: int) -> np.ndarray:
    """Where n-grams are counted when all at `known_R` (ascending) are known: each is followed by a jump of n."""
    if not len(known_R):
        return known_R
    begins = np.flatnonzero(np.diff(known_R, prepend=-2) != 1)
    first, end = known_R[begins], known_R[np.append(begins[1:], len(known_R)) - 1] + 1
    entry = first
    while True:
        number = np.maximum(-((entry - end) // n), 0)
        landing = np.concatenate([[0], (entry + number * n)[:-1]])
        later = np.maximum(first, landing)
        if (later == entry).all():
            break
        entry = later
    within = np.arange(number.sum()) - np.repeat(np.cumsum(number) - number, number)
    return np.repeat(entry, number) + n * within


def _passed_over(taken: np.ndarray, n: int, num_words: int) -> np.ndarray:
    """Which words (T) a jump passes over: the n - 1 after each at which an n-gram is counted."""
    flags_T = np.zeros(num_words, dtype=bool)
    for step in range(1, n):
        flags_T[taken + step] = True
    return flags_T


def _read_before(found: Groups, read_G: np.ndarray) -> np.ndarray:
    """Which items have one of their group before them that was read."""
    running_G = np.cumsum(read_G)
    earlier_G = running_G - read_G
    at_head = np.repeat(earlier_G[found.heads], found.counts)
    return earlier_G > at_head
