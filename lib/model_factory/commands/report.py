"""`factory report`: throughput, cycle time, scrap and goodput from the log book."""

import click

from model_factory.commands.answer import as_json, refusing, say


@click.command(help="Throughput, cycle time, scrap and goodput of this factory, from its log book.")
@as_json
@refusing
def command(as_json: bool) -> None:
    from model_factory import ledger

    rows = [{"figure": figure, "value": value, "how": how} for figure, value, how in ledger.report_rows()]
    say(rows, as_json, "The factory's figures")
