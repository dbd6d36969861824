"""The `bias` section: whom the corpus speaks of, in which company, and what the blend makes of it."""

from dataclasses import dataclass
from typing import Annotated

from pydantic import Field

from model_factory.cards.section import Count, Fraction, Section

Words = list[str]
Share = Annotated[float, Field(gt=0.0, le=1.0)]


@dataclass(frozen=True)
class Bias(Section):
    """`lists` are bundled word lists by name; `axes` (axis → group → words or phrases that speak of it) and
    `topics` (topic → words) are the card's own beside them. A word keeps a group company where it stands at
    most `window` words from one of the group's; pairs that fewer than `min_documents` documents show are
    not tested, odds ratios carry intervals of `confidence`, and at most `max_false_discovery` of what is called
    found is chance. `references` is axis → group → the share it should have (equal shares for an axis that is
    not named). Factors go no further than `max_factor` and 1 / `max_factor`, groups with fewer than
    `min_group_documents` documents have none. `reweigh` is the axis whose factors the blend takes,
    empty for a report alone.
    """

    lists: list[str]
    axes: dict[str, dict[str, Words]]
    topics: dict[str, Words]
    window: Count
    min_documents: Count
    confidence: Annotated[float, Field(gt=0.0, lt=1.0)]
    max_false_discovery: Fraction
    references: dict[str, dict[str, Share]]
    max_factor: Annotated[float, Field(ge=1.0)]
    min_group_documents: Count
    reweigh: str
