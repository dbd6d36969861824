"""The `decontaminate` section: when a document holds what the model will be asked."""

from dataclasses import dataclass
from typing import Annotated, Optional

from pydantic import Field

from model_factory.cards.section import STRICT, Bounded, Count


@dataclass(frozen=True)
class Overlap:
    """Items are looked for by their `ngram` consecutive words, shorter ones as a whole; those below `min_words` words
    would be found everywhere and are not looked for (they are reported)."""

    __pydantic_config__ = STRICT

    ngram: Count
    min_words: Count


@dataclass(frozen=True)
class Decontaminate(Bounded):
    """A document is condemned by an item of any benchmark that `evaluate.benchmarks` names when it holds `min_share` of
    the item's n-grams or more. `overlap` null: nothing is looked for."""

    min_share: Annotated[float, Field(gt=0.0, le=1.0)]
    overlap: Optional[Overlap] = None

    @property
    def matching(self) -> "Matching":
        return Matching(self.seed, self.code, self.overlap, memory_bytes=self.memory_bytes)


@dataclass(frozen=True)
class Matching(Bounded):
    """The part of `decontaminate` that stored shares depend on: a changed `min_share` leaves it as it was, and no
    document is read again."""

    overlap: Optional[Overlap] = None
