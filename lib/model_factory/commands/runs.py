"""`factory runs [RUN]`: the runs in the log book, or what one of them holds."""

from datetime import datetime
from typing import Any

import click

from model_factory.commands.answer import as_json, refusing, say


@click.command(help="The runs in the log book, newest first; with RUN (digest prefix or 'newest') its artifacts.")
@click.argument("run", required=False)
@as_json
@refusing
def command(run: str | None, as_json: bool) -> None:
    from model_factory import ledger
    from model_factory.release.verify import held

    if run is None:
        say([_row(one, as_json) for one in ledger.runs()], as_json, "Runs")
        return
    rows = [{"artifact": name, "kind": made["kind"], "digest": made["digest"]} for name, made in held(run).items()]
    say(rows, as_json, f"What run {run} holds")


def _row(run: Any, whole: bool) -> dict[str, Any]:
    return {
        "run_digest": run.run_digest if whole else run.run_digest[:12],
        "card": run.card,
        "started": datetime.fromtimestamp(run.started).isoformat(" ", "seconds"),
        "outcome": run.outcome,
        "stations": len(run.stations),
        "commit": run.commit[:12],
    }
