"""`factory amend RUN`: other weights, sources or snapshots from a step on, while the run goes."""

import json
from pathlib import Path
from typing import Any

import click

from model_factory.commands.answer import as_json, refusing, say


@click.command(
    help="Amend the blend that a run pretrains on, from the next step or --step on; without a change, show its log. "
    "RUN is a run's digest (prefix) or 'newest'."
)
@click.argument("run")
@click.option("--step", type=click.IntRange(min=1), help="The first step it holds for; the soonest if left out.")
@click.option("--blend", help="Every source's share, such as web=0.7,code=0.3; those left out get none.")
@click.option("--max-epochs", help="How often at most a source's sequences come, such as code=2; replaces all limits.")
@click.option("--snapshot", multiple=True, help="SOURCE=REFERENCE: tokens.sequences (table@id, digest) it comes from.")
@click.option("--withdraw", is_flag=True, help="Drop what was amended; the run's next start is the card's own.")
@as_json
@refusing
def command(run: str, as_json: bool, withdraw: bool, **asked: Any) -> None:
    from model_factory import ledger
    from model_factory.blender.log_file import withdraw as forget
    from model_factory.ledger.locks import run_named

    found = run_named(run)
    path, section, sequences = _open_run(found)
    if withdraw:
        forget(path)
        ledger.forget_amendments(found)
        click.echo(f"run {found.run_digest[:12]} is its card's again from its next start on", err=True)
        return
    if asked["blend"] or asked["max_epochs"] or asked["snapshot"]:
        _amend(found, path, section, sequences, asked)
    say(_rows(path), as_json, f"The blend of run {found.run_digest[:12]}")


def _amend(run: Any, path: Path, section: Any, sequences: Any, asked: dict[str, Any]) -> None:
    from model_factory import ledger
    from model_factory.blender.amendments import amendment_of, entry_of, finder
    from model_factory.blender.log import encode_entry
    from model_factory.blender.log_file import amend, read_log
    from model_factory.cards.pretrain import Amendment
    from model_factory.curation.bias.strata import divide, parts_of, strata_behind
    from model_factory.nouns import canonical_json

    log = read_log(path)
    assert log is not None
    last = log.entries[-1]
    if asked["step"] is not None and asked["step"] >= section.num_steps:
        raise ValueError(f"--step: {asked['step']} is not below pretrain.num_steps {section.num_steps}")
    wanted = Amendment(
        step=asked["step"] or last.step + 1,
        blend=_numbers("--blend", asked["blend"]) if asked["blend"] else last.weights,
        max_epochs=_numbers("--max-epochs", asked["max_epochs"]) if asked["max_epochs"] else last.max_epochs,
        snapshots=dict(_snapshot(one) for one in asked["snapshot"]),
    )
    divided = strata_behind(sequences)
    if divided and asked["blend"]:
        wanted = divide(wanted, parts_of(divided, sequences))
    entry = entry_of(log, wanted, finder(sequences))
    made = amend(path, entry, soonest=asked["step"] is None, before=section.num_steps)
    entry = made.entries[-1]
    ledger.record_amendment(run, entry.step, encode_entry(entry))
    click.echo(f"run {run.run_digest[:12]} draws by it from step {entry.step} on; as a card:", err=True)
    click.echo(f"pretrain: {{amendments: [{canonical_json(amendment_of(last, entry))}]}}", err=True)


def _open_run(run: Any) -> tuple[Path, Any, Any]:
    """The log, the section and the sequences of a run's pretraining."""
    from model_factory import lake
    from model_factory.blender.log_file import log_path, read_log
    from model_factory.cards.pretrain import Pretrain
    from model_factory.ledger.locks import lock_of
    from model_factory.release.line import section_of

    station = next((one for one in reversed(run.stations) if one.station == "pretrain"), None)
    path = log_path(run.run_digest, station.key) if station else None
    log = read_log(path) if path else None
    if path is None or log is None:
        raise LookupError(
            f"run {run.run_digest[:12]} is not training a base model: it has not come to pretraining yet, or took its "
            "checkpoint from the cache; write `pretrain.amendments` into its card instead"
        )
    digest = next(iter(log.entries[0].supplies.values())).snapshot
    return path, section_of(lock_of(run.run_digest), "pretrain", Pretrain), lake.find(digest)


def _rows(path: Path) -> list[dict[str, Any]]:
    from model_factory.blender.log_file import begun, read_log

    log, now = read_log(path), begun(path)
    assert log is not None
    rows = []
    for number, entry in enumerate(log.entries):
        end = log.entries[number + 1].step if number + 1 < len(log.entries) else now + 1
        rows.append(
            {
                "from step": entry.step,
                "steps drawn": max(0, min(end, now + 1) - entry.step),
                "blend": json.dumps(entry.weights),
                "max_epochs": json.dumps(entry.max_epochs),
                "sequences": json.dumps({name: one.num_rows for name, one in entry.supplies.items()}),
                "snapshots": ", ".join(sorted({one.snapshot[:12] for one in entry.supplies.values()})),
            }
        )
    return rows


def _numbers(option: str, text: str) -> dict[str, float]:
    try:
        pairs = [pair.split("=", 1) for pair in text.split(",")]
        return {name.strip(): float(value) for name, value in pairs}
    except ValueError:
        raise ValueError(f"{option}: {text!r} is not SOURCE=NUMBER,SOURCE=NUMBER; write web=0.7,code=0.3") from None


def _snapshot(text: str) -> tuple[str, str]:
    from model_factory import lake

    source, equals, reference = text.partition("=")
    if not equals:
        raise ValueError(f"--snapshot: {text!r} is not SOURCE=REFERENCE; write web=tokens.sequences@ID")
    return source, lake.find(reference).digest
