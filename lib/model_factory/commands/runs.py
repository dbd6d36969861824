"""`factory runs [RUN]`: the runs in the log book, or what one of them holds."""

import click

from model_factory.commands.answer import as_json, refusing, say


@click.command(help="The runs in the log book, newest first; with RUN (digest prefix or 'newest') its artifacts.")
@click.argument("run", required=False)
@as_json
@refusing
def command(run: str | None, as_json: bool) -> None:
    from model_factory import ledger

    if run is None:
        rows = [run | {"run_digest": run["run_digest"] if as_json else run["run_digest"][:12]} for run in ledger.runs()]
        say(rows, as_json, "Runs")
        return
    held = ledger.artifacts(ledger.lock_of(run).run_digest)
    rows = [{"artifact": name, "kind": made["kind"], "digest": made["digest"]} for name, made in held.items()]
    say(rows, as_json, f"What run {run} holds")
