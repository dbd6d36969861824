"""The `synthesis` section: documents made to fill gaps."""

from dataclasses import dataclass
from typing import Any

from model_factory.cards.limits import Limits
from model_factory.cards.section import Count, NonNegative, Section


@dataclass(frozen=True)
class Synthesis(Section):
    """`recipes` maps names of the registry to their settings; each serves the gaps of its language. At most `max_rows`
    are made, divided among gaps by what they lack, with up to `max_attempts` seeds for each, `batch_size` at a time
    in calls of their own; the model continues a prompt by at most `max_new_tokens` tokens at `temperature`,
    programs run within `limits`."""

    recipes: dict[str, dict[str, Any]]
    max_rows: Count
    max_attempts: Count
    batch_size: Count
    temperature: NonNegative
    max_new_tokens: Count
    limits: Limits
