"""A run's card, written again from its lock."""

import json
from dataclasses import asdict
from itertools import pairwise
from pathlib import Path
from typing import Any

from model_factory import ledger
from model_factory.blender.amendments import amendment_of
from model_factory.blender.log_file import log_path, read_log
from model_factory.cards.card import Card
from model_factory.nouns import Lock


def card_of(lock: Lock) -> Card:
    """The card that the lock was made from, every default and parent written out; what the run was amended to
    on its way stands in it as if it had been asked for."""
    sections = json.loads(lock.sections)
    amendments = _amendments(lock, sections["pretrain"])
    if amendments:
        sections["pretrain"]["amendments"] = amendments
    for section in sections.values():
        del section["code"]
    head = {"name": lock.card, "owner": lock.owner, "team": lock.team, "seed": lock.seed}
    tail = {"reuse": lock.pins, "placement": json.loads(lock.placement)}
    prose = f"\nWritten from the lock of run {lock.run_digest}.\n"
    return Card.from_dict(head | sections | tail, prose=prose, path=f"{lock.card}.md")


def _amendments(lock: Lock, section: dict[str, Any]) -> list[dict[str, Any]]:
    """The card's amendments and those of the run's log, if it has trained."""
    own = section.get("amendments", [])
    run = next(iter(ledger.runs(run_digest=lock.run_digest)), None)
    keys = [station.key for station in run.stations if station.station == "pretrain"] if run else []
    log = read_log(log_path(lock.run_digest, keys[-1])) if keys else None
    if log is None:
        return own
    before = log.entries[len(own) :]
    return own + [asdict(amendment_of(*pair)) for pair in pairwise(before)]


def write_card(lock: Lock, folder: Path) -> Path:
    """Write the lock's card into `folder` and give its path."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{lock.card}-{lock.run_digest[:12]}.md"
    path.write_text(card_of(lock).markdown(), encoding="utf-8")
    return path
