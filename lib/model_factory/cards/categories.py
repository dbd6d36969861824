"""The `categories` section: what the corpus is about, and of what it has too little."""

from dataclasses import dataclass
from typing import Annotated

from pydantic import Field

from model_factory.cards.section import Count, Fraction, Section

Share = Annotated[float, Field(gt=0.0, le=1.0)]


@dataclass(frozen=True)
class Categories(Section):
    """Documents become points by `embedding` (a name of the registry: `hashed` words up to `ngram` long in
    `num_features` places, or `model`), of at most `max_chars` each, and k-means, `num_inits` starts and
    mini-batches of `batch_size`, gathers them into `num_coarse` categories and each of these into at most `num_fine`
    of `min_documents` or more on average.

    `references` is language → source → the share of all documents it should have ({}: equal shares for every pair
    that occurs); what is more than `tolerance` of its reference below it is a gap.
    """

    embedding: str
    ngram: Count
    num_features: Count
    max_chars: Count
    num_coarse: Count
    num_fine: Count
    min_documents: Count
    num_inits: Count
    batch_size: Count
    references: dict[str, dict[str, Share]]
    tolerance: Fraction
