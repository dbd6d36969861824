"""How densely a text uses phrases that give its kind away."""

import numpy as np

from model_factory.curation.filters.batch import Batch

# A short text with one such phrase is no more suspicious than a page with one.
MIN_WORDS = 60


def cues_per_100_words(documents: Batch, phrases: tuple[str, ...]) -> np.ndarray:
    """Occurrences of the phrases (expressions in lower case, whole words) per 100 words of each document,
    MIN_WORDS assumed at least.

    Each phrase is searched by itself: one expression for all has too many beginnings to skip to, and is ten
    times as slow. So it is with Unicode's letters instead of ASCII's.
    """
    text = documents["text"].str.to_lowercase()
    cues = sum(text.str.count_matches(_whole_words(phrase)).to_numpy().astype(np.int64) for phrase in phrases)
    return 100.0 * cues / np.maximum(documents.words.lengths_D, MIN_WORDS)


def _whole_words(phrase: str) -> str:
    ascii_only = phrase.replace(r"\w", "[a-z0-9_]").replace(r"\d", "[0-9]")
    return rf"(?-u:\b)(?:{ascii_only})(?:[^a-z0-9_]|$)"
