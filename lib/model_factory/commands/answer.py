"""How a command answers: a table on a terminal, JSON with --json, an error in one piece."""

import functools
import json
import sys
from collections.abc import Callable, Sequence
from typing import Any

import click
from rich.console import Console
from rich.table import Table

as_json = click.option("--json", "as_json", is_flag=True, help="Print JSON instead of a table.")


def say(rows: Sequence[dict[str, Any]], json_asked: bool, title: str = "") -> None:
    """Print rows of equal keys."""
    if json_asked:
        click.echo(json.dumps(list(rows), indent=2, default=str))
        return
    if not rows:
        click.echo(f"{title}: nothing" if title else "nothing")
        return
    table = Table(title=title or None, title_justify="left")
    for column in rows[0]:
        table.add_column(column, overflow="fold")
    for row in rows:
        table.add_row(*("" if value is None else str(value) for value in row.values()))
    Console(width=None if sys.stdout.isatty() else 140).print(table)


def refusing(run: Callable[..., Any]) -> Callable[..., Any]:
    """Show what the library refuses as a message, not as a traceback."""

    @functools.wraps(run)
    def answer(*arguments: Any, **options: Any) -> Any:
        try:
            return run(*arguments, **options)
        except (ValueError, LookupError, FileNotFoundError) as error:
            message = error.args[0] if isinstance(error, KeyError) and error.args else error
            raise click.ClickException(str(message)) from None

    return answer
