"""`factory`: questions about cards, runs and artifacts. Exit code 1 where the answer is "no"."""

import importlib

import click

# Command → the module whose `command` answers it; imported when asked, so that `factory check` stays quick.
COMMANDS = {
    "amend": "model_factory.commands.amend",
    "bias": "model_factory.commands.bias",
    "blend": "model_factory.commands.blend",
    "check": "model_factory.commands.check",
    "clean": "model_factory.commands.clean",
    "diff": "model_factory.commands.diff",
    "forget": "model_factory.commands.forget",
    "lineage": "model_factory.commands.lineage",
    "lock": "model_factory.commands.lock",
    "replay": "model_factory.commands.replay",
    "report": "model_factory.commands.report",
    "rerun": "model_factory.commands.rerun",
    "runs": "model_factory.commands.runs",
    "trace": "model_factory.commands.trace",
}


class _Commands(click.Group):
    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        return importlib.import_module(COMMANDS[cmd_name]).command


@click.command(cls=_Commands, help=__doc__)
def factory() -> None:
    pass
