"""Prose that reads like prose: Gopher's quality rules.

Rae et al. 2021 (arXiv 2112.11446), appendix A1.1; published bounds: min_words 50, max_words 100000,
min_mean_word_chars 3, max_mean_word_chars 10, max_hash_ratio 0.1, max_ellipsis_ratio 0.1, max_bullet_line_fraction
0.9, max_ellipsis_line_fraction 0.3, min_alphabetic_word_fraction 0.8, min_stop_words 2 of
[the, be, to, of, and, that, have, with].
What we do differently: words are what the view `words` holds, by default what white space separates. A
word counts towards number and length when something in it is no punctuation (as datatrove has it), and a
"-" is a bullet as "•" is.
"""

import numpy as np
import polars as pl

from model_factory.curation.filters.batch import Batch
from model_factory.curation.filters.flat import fraction
from model_factory.curation.filters.rule import Filter, Settings, bounded
from model_factory.curation.filters.word_bytes import Words

RULES = bounded(
    "gopher_quality",
    {
        "min_words": ("at_least", "min_words"),
        "max_words": ("at_most", "max_words"),
        "min_mean_word_chars": ("at_least", "min_mean_word_chars"),
        "max_mean_word_chars": ("at_most", "max_mean_word_chars"),
        "hash_ratio": ("at_most", "max_hash_ratio"),
        "ellipsis_ratio": ("at_most", "max_ellipsis_ratio"),
        "bullet_lines": ("at_most", "max_bullet_line_fraction"),
        "ellipsis_lines": ("at_most", "max_ellipsis_line_fraction"),
        "alphabetic_words": ("at_least", "min_alphabetic_word_fraction"),
        "stop_words": ("at_least", "min_stop_words"),
    },
)
# Marks between words, not signs that stand for something ("→", "©", box drawings).
SPEAKS = r"[^\p{P}$+<=>^`|~\p{Cc}]"
BULLET_LINE = r"(?m)^[^\S\n]*[•\-]"
ELLIPSIS_LINE = r"(?m)(?:\.\.\.|…)[^\S\n]*$"


# What the bytes of a word say of it. Beyond ASCII one byte says nothing: such words are looked at as a whole.
LETTER, SPEAKING, BEYOND = 1, 2, 4
CLASSES = bytes(
    BEYOND if byte > 127 else LETTER | SPEAKING if chr(byte).isalpha() else SPEAKING if chr(byte).isdigit() else 0
    for byte in range(256)
)
# A tokeniser's word may have a blank in it, which is no punctuation; ours end there.
GIVEN = CLASSES[:32] + bytes([SPEAKING]) + CLASSES[33:]


def _measure(documents: Batch, parameters: Settings) -> pl.DataFrame:
    words = documents.words
    alphabetic, speaks = _kinds(words)
    num_speaking = words.sums_D(speaks)
    mean_chars = fraction(words.sums_D(words.chars_T * speaks), num_speaking)
    counts = documents.select(hashes=_count("#"), dots=_count("...") + _count("…"), lines=_num_lines())
    marked = documents.select(bullets=_matches(BULLET_LINE), ellipses=_matches(ELLIPSIS_LINE))
    values = [
        num_speaking,
        num_speaking,
        mean_chars,
        mean_chars,
        fraction(counts["hashes"].to_numpy(), words.lengths_D),
        fraction(counts["dots"].to_numpy(), words.lengths_D),
        fraction(marked["bullets"].to_numpy(), counts["lines"].to_numpy()),
        fraction(marked["ellipses"].to_numpy(), counts["lines"].to_numpy()),
        fraction(words.sums_D(alphabetic), words.lengths_D),
        _num_stop_words(words, parameters["stop_words"]),
    ]
    return pl.DataFrame({rule.name: value for rule, value in zip(RULES, values, strict=True)})


def _kinds(words: Words) -> tuple[np.ndarray, np.ndarray]:
    """Which words (T) have a letter in them, and which something that is no punctuation."""
    flags = words.flags_T(CLASSES if words.spaced else GIVEN)
    found = []
    for bit, pattern in ((LETTER, r"\p{L}"), (SPEAKING, SPEAKS)):
        open_T = np.flatnonzero((flags & (bit | BEYOND)) == BEYOND)
        has = (flags & bit) > 0
        has[open_T] = words.strings(open_T).str.contains(pattern)
        found.append(has)
    return found[0], found[1]


def _num_stop_words(words: Words, stop_words: list[str]) -> np.ndarray:
    """How many of the stop words occur at all."""
    occurs = np.zeros((len(words.lengths_D), len(stop_words)), dtype=bool)
    for place, code in enumerate(pl.Series(stop_words, dtype=pl.String).hash().to_list()):
        occurs[words.document_T[words.hashes_T == np.uint64(code)], place] = True
    return occurs.sum(axis=1)


def _count(literal: str) -> pl.Expr:
    return pl.col("text").str.count_matches(literal, literal=True)


def _matches(pattern: str) -> pl.Expr:
    return pl.col("text").str.count_matches(pattern)


def _num_lines() -> pl.Expr:
    """Lines as an editor counts them: the line break at the end opens no new one."""
    return _count("\n") + 1 - pl.col("text").str.ends_with("\n").cast(pl.UInt32)


FILTER = Filter("1", RULES, _measure, parameters=("stop_words",), language="text")
