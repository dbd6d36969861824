"""`factory forget DOC|SOURCE --reason TEXT`: erase documents from every store, and mark what saw them."""

import json
from typing import Any

import click

from model_factory.commands.answer import as_json, refusing, say


@click.command(
    help="Erase documents (doc_id, 8 digits or more of it, source:path, or a whole source) from every store, and mark "
    "the checkpoints, runs and releases that saw them. Shows what will go and asks first; stopped at any point, the "
    "same command finishes it."
)
@click.argument("names", nargs=-1, metavar="DOC|SOURCE...")
@click.option("--reason", default="", help="Why; it is kept with the marks, so it must not name what is forgotten.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@as_json
@refusing
def command(names: tuple[str, ...], reason: str, yes: bool, as_json: bool) -> None:
    from model_factory.erasure import forget as erasure
    from model_factory.erasure import intent
    from model_factory.erasure.doomed import Doomed

    begun = intent.begun()
    reason = reason.strip() or (begun.reason if begun else "")
    if not reason:
        raise ValueError("--reason: missing; say why, in words that do not name what is forgotten")
    doomed = Doomed(frozenset(_doc_ids(names, begun)), reason)
    try:
        erasure.refuse_runs()
        found, same = erasure.plan(doomed), erasure.living_copies(doomed)
        if not as_json:
            _show(doomed, found, same, begun)
        if not yes:
            click.confirm("Erase it? Nobody can bring it back", abort=True, err=True)
        erasure.forget(doomed)
    except (erasure.RunsAtWork, erasure.ComeBack) as error:
        raise click.ClickException(str(error)) from None
    if as_json:
        plan = [one.__dict__ for one in found]
        click.echo(
            json.dumps(
                {"documents": sorted(doomed.doc_ids), "erased": plan, "same_text": [one.__dict__ for one in same]}
            )
        )
    else:
        click.echo(
            f"{len(doomed.doc_ids)} documents are forgotten ({doomed.erasure.name}); raw files, and copies outside "
            "this state folder, are yours to remove"
        )


def _doc_ids(names: tuple[str, ...], begun: Any) -> set[str]:
    """What is named, and what an erasure that was begun has left: its names may be gone from the lake already."""
    from model_factory.erasure.wanted import wanted

    try:
        found = {one.doc_id for one in wanted(names)}
    except LookupError:
        if not begun:
            raise
        found = set()
    found |= set(begun.doc_ids) if begun else set()
    if not found:
        raise ValueError("name at least one document (doc_id or source:path) or source")
    return found


def _show(doomed: Any, found: list[Any], same: list[Any], begun: Any) -> None:
    if begun:
        click.echo(f"an erasure of {len(begun.doc_ids)} documents was begun and not finished; it is finished with this")
    rows = [
        {
            "store": one.store,
            "what": one.what,
            "rows": f"{one.rows:,}",
            "files": f"{one.files:,}",
            "MB": f"{one.size_bytes / 1e6:.1f}",
            "": one.note,
        }
        for one in found
    ]
    say(rows, False, f"What holds {len(doomed.doc_ids)} documents")
    if same:
        shown = ", ".join(one.words for one in same[:5]) + (", …" if len(same) > 5 else "")
        click.echo(
            f"the same text stays in {len(same)} documents that were not named: {shown}; name them too to forget it"
        )
