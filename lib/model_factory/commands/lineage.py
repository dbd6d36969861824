"""`factory lineage ARTIFACT`: from any artifact to the raw files."""

import json

import click

from model_factory.commands.answer import as_json, refusing


@click.command(help="Walk from an artifact (digest prefix, table, or release name) to the raw files.")
@click.argument("artifact")
@as_json
@refusing
def command(artifact: str, as_json: bool) -> None:
    from rich.console import Console

    from model_factory.release.lineage import as_tree, walk

    found = walk(artifact)
    if as_json:
        click.echo(json.dumps(found, indent=2, default=lambda value: value.__dict__))
    else:
        Console().print(as_tree(found))
