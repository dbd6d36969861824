"""`factory lock CARD`: everything a run of this card would depend on, before it starts."""

import dataclasses
import json

import click

from model_factory.commands.answer import as_json, refusing, say


@click.command(help="The card with nothing left open: defaults, code, raw files, versions, images, commit.")
@click.argument("card", type=click.Path(dir_okay=False))
@as_json
@refusing
def command(card: str, as_json: bool) -> None:
    from model_factory.cards.card import Card
    from model_factory.cards.resolve import lock, resolve
    from model_factory.curation.sources import list_sources

    sections = resolve(Card.read(card))
    locked = dataclasses.asdict(lock(sections, list_sources(sections.ingest)))
    if as_json:
        click.echo(json.dumps(locked | {"sections": json.loads(locked["sections"])}, indent=2))
        return
    rows = [{"what": name, "value": value} for name, value in locked.items() if isinstance(value, (str, int))]
    rows = [row for row in rows if row["what"] not in ("sections", "placement")]
    for what in ("code", "pins", "images"):
        rows += [{"what": f"{what}.{name}", "value": value} for name, value in locked[what].items()]
    say([*rows, {"what": "packages", "value": f"{len(locked['packages'])} (all of them with --json)"}], False)
