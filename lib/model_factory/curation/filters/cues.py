"""How densely a text uses phrases that give its kind away."""

import numpy as np
import polars as pl

# A short text with one such phrase is no more suspicious than a page with one.
MIN_WORDS = 60


def cue_pattern(phrases: tuple[str, ...]) -> str:
    """One expression for all phrases, whole words, over text in lower case.

    Letters and digits are ASCII's: with all of Unicode's the automaton is ten times as slow.
    """
    joined = "|".join(phrases).replace(r"\w", "[a-z0-9_]").replace(r"\d", "[0-9]")
    return rf"(?-u:\b)(?:{joined})(?:[^a-z0-9_]|$)"


def cues_per_100_words(documents: pl.DataFrame, pattern: str) -> np.ndarray:
    """Matches of `pattern` per 100 words of each document (columns text, words), MIN_WORDS assumed at least."""
    cues = documents["text"].str.to_lowercase().str.count_matches(pattern).to_numpy()
    return 100.0 * cues / np.maximum(documents["words"].list.len().to_numpy(), MIN_WORDS)
