"""The `deduplicate` section: which documents say the same thing twice."""

from dataclasses import dataclass

from model_factory.cards.section import STRICT, Count, Fraction, Section


@dataclass(frozen=True)
class NearDuplicates:
    """MinHash-LSH over token n-grams: `num_bands` × `band_rows` hashes propose pairs, and a pair counts
    only if its exact Jaccard similarity reaches `threshold`."""

    __pydantic_config__ = STRICT

    ngram: Count
    num_bands: Count
    band_rows: Count
    threshold: Fraction


@dataclass(frozen=True)
class Deduplicate(Section):
    """Equal texts are always found; `near` says what is nearly equal. Pairs are found among all documents,
    whatever a filter says of them."""

    near: NearDuplicates
