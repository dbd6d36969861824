"""Every card in `configs/` as a launch plan of the factory: merging a card is all it takes to have it registered."""

import contextlib
import re
from pathlib import Path
from typing import Any

from flytekit import LaunchPlan
from flytekit.models.common import Annotations, Labels

from model_factory.cards.card import Card
from model_factory.cards.parse import parse
from model_factory.cards.sections import Sections
from model_factory.nouns.home import checkout
from workflows.factory import factory

# Evaluating three checkpoints is the widest a run gets; more would only take nodes from other runs.
MAX_PARALLELISM = 4


def model_asset(name: str, card: str | Path | dict[str, Any], **options: Any) -> LaunchPlan:
    """A launch plan of `factory` with its card bound: a path (relative to the checkout) or a dict of its sections.

    Executions carry the card and the team as labels, the owner as annotation. `options` are
    LaunchPlan's own (schedule, concurrency, notifications, …). Raises CardError for a card that
    could not run.
    """
    text = read_card(card)
    sections = parse(text)
    return LaunchPlan.get_or_create(
        factory,  # pyright: ignore[reportArgumentType]
        name=name,
        fixed_inputs={"card": text},
        labels=Labels(_labels(sections)),
        annotations=Annotations({"owner": sections.owner, "team": sections.team}),
        max_parallelism=MAX_PARALLELISM,
        **options,
    )


def read_card(card: str | Path | dict[str, Any]) -> Card:
    """A card whose text is the same in every checkout: paths in it are relative to the root."""
    if isinstance(card, dict):
        return Card.from_dict(card)
    with contextlib.chdir(checkout()):
        path = Path(card)
        return Card.read(path.relative_to(checkout()) if path.is_relative_to(checkout()) else path)


def _labels(sections: Sections) -> dict[str, str]:
    labels = {"card": sections.name, "team": sections.team} | sections.placement.labels
    return {key: _label(value) for key, value in labels.items()}


def _label(text: str) -> str:
    """Kubernetes takes letters, digits, `-`, `_` and `.` in a label's value, 63 at most."""
    return re.sub(r"[^A-Za-z0-9_.-]+", "-", text)[:63].strip("-_.")


def _every_card() -> dict[str, LaunchPlan]:
    paths = sorted((checkout() / "configs").glob("*.md"))
    return {path.stem: model_asset(f"factory-{parse(read_card(path)).name}", path) for path in paths}


ASSETS = _every_card()
