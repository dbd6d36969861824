"""The n-grams of every evaluation, to look documents up in. Shapes: G distinct n-grams of one length."""

from dataclasses import dataclass

import numpy as np
import polars as pl

from model_factory.cards.decontaminate import Overlap
from model_factory.curation.dedup.windows import Windows, windows

ITEM_COLUMNS = ["benchmark", "item", "text"]


@dataclass(frozen=True)
class Ngrams:
    """The n-grams of one length: `hashes_G` sorted, `holders` (hash, place of the item), and `maybe`, true at the
    low bits of every hash: one look there spares most words of a clean document the search."""

    length: int
    hashes_G: np.ndarray
    holders: pl.DataFrame
    maybe: np.ndarray


@dataclass(frozen=True)
class Index:
    """`items` (place, benchmark, item, num_ngrams), their n-grams by length, and the rows that are `too_short`."""

    items: pl.DataFrame
    ngrams: list[Ngrams]
    too_short: pl.DataFrame


def build_index(items: pl.DataFrame, settings: Overlap) -> Index:
    """Index of `items` (benchmark, item, text): an item may have several rows, such as question and answer.

    Case, punctuation and white space do not count.
    """
    rows = items.select(ITEM_COLUMNS).sort(ITEM_COLUMNS)
    num_words = np.diff(words_of(rows["text"], 1).offsets)
    rows = rows.with_columns(length=pl.Series(np.minimum(num_words, settings.ngram)))
    long_enough = rows.filter(pl.col("length") >= settings.min_words).with_row_index("place")
    lengths = long_enough["length"].unique().sort().to_list()
    ngrams = [_ngrams(long_enough.filter(pl.col("length") == length), length) for length in lengths]
    sizes = pl.concat(
        [pl.DataFrame(schema={"place": pl.UInt32, "hash": pl.UInt64}), *(each.holders for each in ngrams)]
    )
    counts = sizes.group_by("place").agg(num_ngrams=pl.len())
    return Index(
        long_enough.select("place", "benchmark", "item").join(counts, on="place", maintain_order="left"),
        ngrams,
        rows.filter(pl.col("length") < settings.min_words).select("benchmark", "item"),
    )


def words_of(texts: pl.Series, ngram: int) -> Windows:
    return windows(texts.str.to_lowercase(), ngram)


def _ngrams(rows: pl.DataFrame, length: int) -> Ngrams:
    found = words_of(rows["text"], length)
    places = rows["place"].gather(np.repeat(np.arange(len(rows)), np.diff(found.offsets)))
    holders = pl.DataFrame({"place": places, "hash": found.hashes}).unique()
    hashes_G = np.unique(found.hashes)
    maybe = np.zeros(1 << (16 * len(hashes_G)).bit_length(), dtype=bool)
    maybe[low_bits(hashes_G, maybe)] = True
    return Ngrams(length, hashes_G, holders, maybe)


def low_bits(hashes: np.ndarray, maybe: np.ndarray) -> np.ndarray:
    return (hashes & np.uint64(len(maybe) - 1)).astype(np.int64)
