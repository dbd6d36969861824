"""`factory clean`: what the state folder holds, and making room without touching what a release refers to."""

import shutil
from pathlib import Path

import click

from model_factory.commands.answer import as_json, refusing, say

# What can be made again at no other cost than time.
EXPENDABLE = ("flyte-cache", "decks", "tmp", "locks")


@click.command(help="Show the sizes of the state folder's rooms; with --yes remove caches and temporary files.")
@click.option("--yes", is_flag=True, help="Remove what is marked; without it only sizes are shown.")
@as_json
@refusing
def command(yes: bool, as_json: bool) -> None:
    from model_factory.nouns.home import ROOMS, home

    rows = []
    for name in ROOMS:
        folder = home() / name
        fate = "removed" if yes and name in EXPENDABLE else "would be removed" if name in EXPENDABLE else "kept"
        rows.append({"room": name, "MB": round(_size(folder) / 1e6, 1), "": fate})
        if yes and name in EXPENDABLE:
            shutil.rmtree(folder, ignore_errors=True)
    say(rows, as_json, str(home()))
    if not yes:
        click.echo(
            "nothing was removed; --yes removes caches and temporary files, never lake, log book or checkpoints",
            err=True,
        )


def _size(folder: Path) -> int:
    return sum(file.stat().st_size for file in folder.rglob("*") if file.is_file()) if folder.is_dir() else 0
