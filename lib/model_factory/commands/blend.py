"""`factory blend CARD`: what a blend will deliver, before a step is trained."""

import json
import sys
from collections.abc import Iterator
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import click

from model_factory.commands.answer import as_json, refusing, say

if TYPE_CHECKING:
    from rich.table import Table

    from model_factory.blender.preview import SourcePreview

_BAR = 40


@click.command(
    help="What the card's blend will deliver: tokens by source, epochs, repetition and the lengths of documents. "
    "Exit code 1 where its sequences are not made yet; then it says which stations have to run."
)
@click.argument("card", type=click.Path(dir_okay=False))
@as_json
@refusing
def command(card: str, as_json: bool) -> None:
    from model_factory.blender.segments import Exhausted
    from model_factory.cards.card import Card
    from model_factory.cards.resolve import lock, resolve
    from model_factory.curation.sources import list_sources
    from model_factory.release.data_line import made_for

    sections = resolve(Card.read(card))
    made, sequences = made_for(lock(sections, list_sources(sections.ingest)))
    if sequences is None:
        _not_yet(card, made, as_json)
        sys.exit(1)
    try:
        found = _preview(sections, sequences)
    except Exhausted as error:
        raise click.ClickException(
            f"pretrain.num_steps: {sections.pretrain.num_steps} steps are too many; {error}"
        ) from None
    if as_json:
        click.echo(json.dumps(found, indent=2))
    else:
        _show(card, sections, found)


def _not_yet(card: str, made: Any, json_asked: bool) -> None:
    rows = [{"station": one.station, "made by run": one.run_digest[:12] or None} for one in made]
    say(rows, json_asked, f"What {card} needs before its blend is known")
    missing = ", ".join(one.station for one in made if not one.run_digest)
    click.echo(
        f"the sequences are not made yet: {missing} have to run, and what they keep is not known before; "
        f"`make factory CARD={card}` runs them (and may be stopped once tokenize is done)",
        err=True,
    )


def _preview(sections: Any, sequences: Any) -> dict[str, Any]:
    """Everything there is to show, as plain data."""
    from model_factory import lake
    from model_factory.blender.amendments import finder, held_by, log_of
    from model_factory.blender.cache import token_cache
    from model_factory.blender.packed import packing_of
    from model_factory.blender.preview import preview
    from model_factory.curation.bias.strata import reweighed
    from model_factory.curation.exclusions import admitted

    documents = next(lake.find(one.uri) for one in sequences.lineage.parents if one.name == "curated.documents")
    section, find = reweighed(admitted(sections.pretrain, documents), sequences), finder(sequences)
    log = log_of(section, token_cache().open(sequences, "train"), find)
    sources = preview(log, held_by(log, find), section.num_steps)
    return {
        "card": sections.name,
        "sequences": f"{sequences.table}@{sequences.snapshot_id}",
        "digest": sequences.digest,
        "num_steps": section.num_steps,
        "batch_size": section.batch_size,
        "num_sequences": sum(one.num_rows for one in sources),
        "num_tokens": sum(one.num_tokens for one in sources),
        "blend": [{"step": one.step, "weights": one.weights, "max_epochs": one.max_epochs} for one in log.entries],
        "sources": [asdict(one) for one in sources],
        "packing": [asdict(one) for one in packing_of(sequences, sections.tokenize.sequence_length)],
    }


def _show(card: str, sections: Any, found: dict[str, Any]) -> None:
    from rich.console import Console

    from model_factory.blender.preview import SourcePreview

    sources = [SourcePreview(**one) for one in found["sources"]]
    click.echo(
        f"{card}: {found['num_steps']:,} steps of {found['batch_size']:,} sequences deliver {found['num_tokens']:,} "
        f"tokens of {found['sequences']}"
    )
    for entry in found["blend"]:
        shares = ", ".join(f"{source} {weight:g}" for source, weight in entry["weights"].items())
        limits = ", ".join(f"{source} at most {most:g} times" for source, most in entry["max_epochs"].items())
        click.echo(f"from step {entry['step']:,}: {shares}{f' ({limits})' if limits else ''}")
    console = Console(width=None if sys.stdout.isatty() else 140)
    console.print(_delivered(sources))
    console.print(_lengths(sources))
    for one in found["packing"]:
        click.echo(
            f"{one['split']}: {one['sequences']:,} sequences, {100 * one['fill']:.2f} % full; {one['cuts']:,} cuts, "
            f"{one['truncated_tokens']:,} tokens truncated, {one['repeated_tokens']:,} repeated"
        )


def _delivered(sources: "list[SourcePreview]") -> "Table":
    from rich.table import Table

    table = Table(title="What is delivered", title_justify="left")
    for column in ("source", "share %", "sequences", "tokens", "there are", "epochs", "how often a sequence comes"):
        table.add_column(column, justify="left" if column.startswith(("source", "how")) else "right")
    for one in sources:
        often = ", ".join(f"{count:,} {times}×" for times, count in sorted(one.times.items()) if count)
        table.add_row(
            one.source, f"{100 * one.share:.1f}", f"{one.num_rows:,}", f"{one.num_tokens:,}",
            f"{one.num_available:,}", f"{one.epochs:.2f}", often,
        )  # fmt: skip
    return table


def _lengths(sources: "list[SourcePreview]") -> "Table":
    from rich.table import Table

    table = Table(title="How long the pieces of documents are that come", title_justify="left")
    for column in ("source", "tokens", "pieces", ""):
        table.add_column(column, justify="right" if column == "pieces" else "left", no_wrap=True)
    for one in sources:
        for row in _bars(one.lengths):
            table.add_row(one.source, *row)
    return table


def _bars(lengths: dict[int, int]) -> Iterator[tuple[str, str, str]]:
    """A line for each power of two: the range, how many, and their part as a bar."""
    most = max(lengths.values(), default=0)
    for end, count in sorted(lengths.items()):
        if count:
            yield f"{end // 2:,}–{end - 1:,}", f"{count:,}", "█" * round(_BAR * count / most) or "▏"
