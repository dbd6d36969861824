"""`factory rerun RUN --from STATION`: the same card, the stations before STATION from the cache."""

import os
import subprocess
import sys

import click

from model_factory.cards.sections import STATIONS
from model_factory.commands.answer import refusing


@click.command(help="Run a run's card again; stations from STATION on are made anew, cached or not.")
@click.argument("run")
@click.option("--from", "station", type=click.Choice(STATIONS), required=True, help="The first station to make anew.")
@refusing
def command(run: str, station: str) -> None:
    from model_factory.commands.cards_of_runs import write_card
    from model_factory.ledger.locks import lock_of
    from model_factory.nouns.home import checkout, room

    card = write_card(lock_of(run), room("tmp") / "rerun")
    anew = ",".join(STATIONS[STATIONS.index(station) :])
    finished = subprocess.run(
        [
            sys.executable,
            "-m",
            "flytekit.clis.sdk_in_container.pyflyte",
            "run",
            "workflows/factory.py",
            "factory",
            "--card",
            str(card),
        ],
        cwd=checkout(),
        env=os.environ | {"FACTORY_RERUN": anew},
    )
    sys.exit(finished.returncode)
