"""Text that says the same over and over: Gopher's repetition rules.

Rae et al. 2021 (arXiv 2112.11446), table A1; published bounds: max_duplicate_line_fraction and
max_duplicate_paragraph_fraction 0.30, their max_…_char_fraction 0.20; characters in the most frequent n-gram,
max_top_2_gram_fraction 0.20, 3: 0.18, 4: 0.16; characters in n-grams that occurred before,
max_duplicate_5_gram_fraction 0.15, 6: 0.14, 7: 0.13, 8: 0.12, 9: 0.11, 10: 0.10. Fractions are of all characters.
What we do differently: words are what the view `words` holds. Everything is measured, where datatrove stops
at the first bound; a text that is empty has nothing repeated.
"""

import numpy as np
import polars as pl

from model_factory.curation.filters.batch import Batch
from model_factory.curation.filters.flat import flatten, fraction
from model_factory.curation.filters.ngrams import Spans, duplicate_chars, repeated_ngrams, top_chars
from model_factory.curation.filters.repeats import repeated_items_and_chars
from model_factory.curation.filters.rule import Filter, Settings, bounded
from model_factory.curation.filters.word_bytes import Words

NAME = "gopher_repetition"
TOP, DUPLICATE = range(2, 5), range(5, 11)
RULES = bounded(
    NAME,
    {
        "duplicate_lines": ("at_most", "max_duplicate_line_fraction"),
        "duplicate_line_chars": ("at_most", "max_duplicate_line_char_fraction"),
        "duplicate_paragraphs": ("at_most", "max_duplicate_paragraph_fraction"),
        "duplicate_paragraph_chars": ("at_most", "max_duplicate_paragraph_char_fraction"),
        **{f"top_{n}_gram": ("at_most", f"max_top_{n}_gram_fraction") for n in TOP},
        **{f"duplicate_{n}_grams": ("at_most", f"max_duplicate_{n}_gram_fraction") for n in DUPLICATE},
    },
)


def _measure(documents: Batch, parameters: Settings) -> pl.DataFrame:
    texts = documents["text"]
    num_chars = texts.str.len_chars().to_numpy()
    edges = texts.str.starts_with("\n").to_numpy().astype(int), texts.str.ends_with("\n").to_numpy().astype(int)
    lines = documents.lines.where((documents.lines.items != "").to_numpy())
    paragraphs = flatten(_paragraphs(documents))
    again_lines, line_chars = repeated_items_and_chars(lines)
    again_paragraphs, paragraph_chars = repeated_items_and_chars(paragraphs)
    values = [
        # A line break at either end makes an empty line there; the second of two repeats the first.
        fraction(again_lines + edges[0] * edges[1], lines.lengths_D + edges[0] + edges[1]),
        fraction(line_chars, num_chars),
        fraction(again_paragraphs, paragraphs.lengths_D),
        fraction(paragraph_chars, num_chars),
        *(fraction(chars, num_chars) for chars in _ngram_chars(documents.words)),
    ]
    return pl.DataFrame({rule.name: value for rule, value in zip(RULES, values, strict=True)})


def _ngram_chars(words: Words) -> list[np.ndarray]:
    spans = Spans.of(words)
    return [
        top_chars(spans, n, found) if n in TOP else duplicate_chars(spans, n, found)
        for n, found in repeated_ngrams(words, DUPLICATE[-1])
    ]


def _paragraphs(documents: Batch) -> pl.Series:
    """What two or more line breaks separate."""
    bare = pl.element().str.strip_chars_start("\n")
    stripped = pl.col("text").str.strip_chars()
    return documents.select(stripped.str.split("\n\n").list.eval(bare.filter(bare != ""))).to_series()


FILTER = Filter("1", RULES, _measure, language="text")
