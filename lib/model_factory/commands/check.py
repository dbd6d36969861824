"""`factory check CARD`: would it run, and has anybody tried it before?"""

import json
from datetime import datetime
from typing import Any

import click

from model_factory.commands.answer import as_json, refusing, say


@click.command(help="Check a card, and name earlier runs of the same or the nearest recipe and how they ended.")
@click.argument("card", type=click.Path(dir_okay=False))
@as_json
@refusing
def command(card: str, as_json: bool) -> None:
    from model_factory import ledger
    from model_factory.cards.card import Card
    from model_factory.cards.resolve import resolve
    from model_factory.curation.sources import list_sources
    from model_factory.ledger.locks import lock_of
    from model_factory.nouns.digest import canonical_json

    sections = resolve(Card.read(card))
    listing = list_sources(sections.ingest)
    mine = {station: json.loads(canonical_json(section)) for station, section in sections.stations().items()}
    earlier = [_row(run, differences(mine, json.loads(lock_of(run.run_digest).sections))) for run in ledger.runs()]
    earlier.sort(key=lambda row: row["differs in"].count(",") + bool(row["differs in"]))
    if as_json:
        click.echo(
            json.dumps({"card": sections.name, "sources": listing.digest, "earlier": earlier}, indent=2, default=str)
        )
        return
    click.echo(
        f"{card}: card {sections.name!r} is sound; {listing.num_files:,} raw files, {listing.size_bytes / 1e6:.1f} MB"
    )
    if earlier:
        say(earlier[:5], False, "Earlier runs, nearest recipe first")
    else:
        click.echo("no earlier run is in the log book")


def differences(mine: dict[str, Any], theirs: dict[str, Any]) -> list[str]:
    """The fields in which two cards' sections differ, `code` (which nobody writes) left out."""
    from model_factory.commands.diff import flat

    before, after = flat(mine), flat(theirs)
    return [
        field
        for field in sorted(before.keys() | after.keys())
        if before.get(field) != after.get(field) and not field.endswith(".code")
    ]


def _row(run: Any, fields: list[str]) -> dict[str, Any]:
    return {
        "run": run.run_digest[:12],
        "card": run.card,
        "started": datetime.fromtimestamp(run.started).isoformat(" ", "seconds"),
        "ended": run.outcome,
        "differs in": ", ".join(fields[:6]) + (f", … ({len(fields)})" if len(fields) > 6 else ""),
    }
