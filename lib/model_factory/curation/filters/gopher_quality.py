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

from model_factory.curation.filters.flat import Flat, flatten, fraction
from model_factory.curation.filters.rule import Filter, Settings, bounded

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


def _measure(documents: pl.DataFrame, parameters: Settings) -> pl.DataFrame:
    words = flatten(documents["words"])
    alphabetic = words.items.str.contains(r"\p{L}").to_numpy()
    speaks = alphabetic.copy()
    speaks[~alphabetic] = words.items.filter(~alphabetic).str.contains(SPEAKS)
    num_speaking = words.sums_D(speaks)
    mean_chars = fraction(words.sums_D(words.items.str.len_chars().to_numpy() * speaks), num_speaking)
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


def _num_stop_words(words: Flat, stop_words: list[str]) -> np.ndarray:
    """How many of the stop words occur at all."""
    found = words.items.is_in(stop_words)
    seen = pl.DataFrame({"word": words.items.filter(found), "document": words.document_T[found.to_numpy()]}).unique()
    return np.bincount(seen["document"].to_numpy(), minlength=len(words.lengths_D))


def _count(literal: str) -> pl.Expr:
    return pl.col("text").str.count_matches(literal, literal=True)


def _matches(pattern: str) -> pl.Expr:
    return pl.col("text").str.count_matches(pattern)


def _num_lines() -> pl.Expr:
    """Lines as an editor counts them: the line break at the end opens no new one."""
    return _count("\n") + 1 - pl.col("text").str.ends_with("\n").cast(pl.UInt32)


FILTER = Filter("1", RULES, _measure, parameters=("stop_words",), views=("words",), language="text")
