"""Run commands and keep what they print as an SVG: the recordings in README.md.

`python docs/record.py docs/trace.svg 'factory trace stdlib:bisect.py'`
"""

import io
import os
import shlex
import subprocess
import sys
from pathlib import Path

from rich.console import Console
from rich.text import Text

WIDTH, LINES = 130, 60


def record(target: Path, commands: list[str]) -> None:
    """Write one terminal picture of `commands`, each run for real, its standard output shown."""
    console = Console(record=True, width=WIDTH, file=io.StringIO(), force_terminal=True)
    tools = Path(sys.executable).parent
    for command in commands:
        console.print(Text(f"$ {command}", style="bold green"))
        words = shlex.split(command)
        program = str(tools / words[0]) if (tools / words[0]).exists() else words[0]
        shown = os.environ | {"FORCE_COLOR": "1", "COLUMNS": str(WIDTH)}
        done = subprocess.run([program, *words[1:]], capture_output=True, text=True, env=shown)
        console.print(Text.from_ansi(_shown(done.stdout)))
    console.save_svg(str(target), title="model factory")


def _shown(printed: str) -> str:
    """The first and last lines of long output, paths from the checkout; progress lines are left out."""
    here = printed.replace(str(Path.cwd()), ".")
    lines = [line for line in here.rstrip().splitlines() if "/s" not in line or "in 0:" not in line]
    if len(lines) > LINES:
        lines = [*lines[: LINES * 2 // 3], "…", *lines[-LINES // 3 :]]
    return "\n".join(lines)


if __name__ == "__main__":
    record(Path(sys.argv[1]), sys.argv[2:])
