"""`factory trace DOC`: from a file to the scores of the models that saw it."""

import json

import click

from model_factory.commands.answer import as_json, refusing


@click.command(help="Follow a document (doc_id prefix, source:path, or source:path::function) from file to scores.")
@click.argument("document")
@as_json
@refusing
def command(document: str, as_json: bool) -> None:
    from rich.console import Console

    from model_factory.release.lineage import as_story, trace

    found = trace(document)
    if as_json:
        click.echo(json.dumps(found, indent=2, default=lambda value: value.__dict__))
    else:
        Console().print(as_story(found))
