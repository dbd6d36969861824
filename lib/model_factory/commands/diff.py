"""`factory diff A B`: what two cards, or the locks of two runs, ask for differently."""

import json
import sys
from pathlib import Path
from typing import Any

import click

from model_factory.commands.answer import as_json, refusing, say


@click.command(help="What two cards or runs (card.md or run digest) ask for differently; exit code 1 if anything.")
@click.argument("first")
@click.argument("second")
@as_json
@refusing
def command(first: str, second: str, as_json: bool) -> None:
    before, after = flat(_values(first)), flat(_values(second))
    rows = [
        {"field": field, first: before.get(field, "–"), second: after.get(field, "–")}
        for field in sorted(before.keys() | after.keys())
        if before.get(field) != after.get(field)
    ]
    say(rows, as_json, f"{first} → {second}")
    sys.exit(1 if rows else 0)


def _values(name: str) -> dict[str, Any]:
    from model_factory.cards.card import Card
    from model_factory.cards.resolve import resolve
    from model_factory.ledger.locks import lock_of
    from model_factory.nouns.digest import canonical_json

    if Path(name).suffix == ".md":
        sections = resolve(Card.read(name))
        return {station: json.loads(canonical_json(section)) for station, section in sections.stations().items()}
    locked = lock_of(name)
    outer = {"packages": locked.packages, "commit": locked.commit, "images": locked.images, "sources": locked.sources}
    return json.loads(locked.sections) | outer


def flat(value: Any, prefix: str = "") -> dict[str, str]:
    """Nested maps as one: `a.b.c` → JSON of the value."""
    if isinstance(value, dict):
        pairs: dict[str, str] = {}
        for key, item in value.items():
            pairs |= flat(item, f"{prefix}.{key}" if prefix else key)
        return pairs
    return {prefix: json.dumps(value)}
