"""A run's card, written again from its lock."""

import json
from pathlib import Path

from model_factory.cards.card import Card
from model_factory.nouns import Lock


def card_of(lock: Lock) -> Card:
    """The card that the lock was made from, every default and parent written out."""
    sections = json.loads(lock.sections)
    for section in sections.values():
        del section["code"]
    head = {"name": lock.card, "owner": lock.owner, "team": lock.team, "seed": lock.seed}
    tail = {"reuse": lock.pins, "placement": json.loads(lock.placement)}
    prose = f"\nWritten from the lock of run {lock.run_digest}.\n"
    return Card.from_dict(head | sections | tail, prose=prose, path=f"{lock.card}.md")


def write_card(lock: Lock, folder: Path) -> Path:
    """Write the lock's card into `folder` and give its path."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{lock.card}-{lock.run_digest[:12]}.md"
    path.write_text(card_of(lock).markdown(), encoding="utf-8")
    return path
