"""The `labels` section: how rows with an answer, a class or a preference are checked before they teach anything."""

from dataclasses import dataclass
from typing import Any, Literal

from model_factory.cards.limits import Limits
from model_factory.cards.section import Section

Action = Literal["scrap", "review"]


@dataclass(frozen=True)
class Labels(Section):
    """`checks` maps a check of the registry to its settings. Each has an `action` for the rows that it suspects:
    "scrap" takes them out of their table, "review" leaves them in; they are listed either way. Programs run
    within `limits`."""

    checks: dict[str, dict[str, Any]]
    limits: Limits
