"""The `curate` section: which documents stay."""

from dataclasses import dataclass

from model_factory.cards.section import STRICT, Count, Fraction, Section


@dataclass(frozen=True)
class NearDuplicates:
    """MinHash-LSH over token n-grams: `num_bands` × `band_rows` hashes propose pairs, and a pair is
    merged only if its exact Jaccard similarity reaches `threshold`."""

    __pydantic_config__ = STRICT

    ngram: Count
    num_bands: Count
    band_rows: Count
    threshold: Fraction


@dataclass(frozen=True)
class Curate(Section):
    """`filters` maps the name of a filter in the registry to its thresholds; documents are judged in
    `num_shards` shards and deduplicated across all of them."""

    num_shards: Count
    filters: dict[str, dict[str, float]]
    near_duplicates: NearDuplicates
