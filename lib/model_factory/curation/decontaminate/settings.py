"""The settings of decontamination as a card has them."""

from dataclasses import dataclass

from model_factory.cards.section import STRICT, Count, Fraction


@dataclass(frozen=True)
class Decontaminate:
    """A document is contaminated by an item of an evaluation when it holds at least `min_share` of the item's
    `ngram` consecutive words. Shorter items are looked for as a whole; those below `min_words` words would be found
    everywhere and are not looked for (they are reported)."""

    __pydantic_config__ = STRICT

    ngram: Count
    min_words: Count
    min_share: Fraction
