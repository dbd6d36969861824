"""A clone of this checkout with its uncommitted changes, and the commands a user types in it."""

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from model_factory.nouns.home import checkout

# `make prove` runs the same tests on the laptop card.
SMOKE = os.environ.get("FACTORY_TEST_CARD", "configs/smoke.md")
_OURS = ("FACTORY_", "MLFLOW_TRACKING", "PYICEBERG_", "MODEL_FACTORY_", "FLYTE")


@dataclass(frozen=True)
class Clone:
    """A folder with its own git history and its own state folder."""

    folder: Path

    @staticmethod
    def make(folder: Path) -> "Clone":
        git = ["git", "-c", "user.name=test", "-c", "user.email=test@localhost"]
        subprocess.run([*git, "clone", "--quiet", str(checkout()), str(folder)], check=True)
        listed = subprocess.run(
            ["git", "ls-files", "-co", "--exclude-standard"], cwd=checkout(), capture_output=True, text=True, check=True
        )
        for name in listed.stdout.splitlines():
            source, target = checkout() / name, folder / name
            if source.is_file():
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(source, target)
            else:
                target.unlink(missing_ok=True)
        subprocess.run([*git, "add", "--all"], cwd=folder, check=True)
        subprocess.run(
            [*git, "commit", "--quiet", "--allow-empty", "-m", "the tree under test"], cwd=folder, check=True
        )
        return Clone(folder)

    @property
    def environment(self) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith(_OURS)}
        # Wide, so that no message is wrapped in the middle of a word.
        return kept | {"COLUMNS": "400", "PYTHONPATH": f"{self.folder / 'lib'}:{self.folder}"}

    def start(self, *arguments: str, **more: str) -> "subprocess.Popen[str]":
        """Start a program of the environment: `pyflyte` or `factory` with its arguments."""
        program = str(Path(sys.executable).parent / arguments[0])
        return subprocess.Popen(
            [program, *arguments[1:]], cwd=self.folder, env=self.environment | more, text=True,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True,
        )  # fmt: skip

    def run(self, *arguments: str, expect: int = 0, **more: str) -> str:
        """Run it to the end and give what it printed; its exit code must be `expect`."""
        process = self.start(*arguments, **more)
        printed, _ = process.communicate(timeout=3600)
        assert process.returncode == expect, f"{arguments} gave {process.returncode}, not {expect}:\n{printed[-6000:]}"
        return printed

    def factory(self, card: str = SMOKE, **more: str) -> str:
        """The main job."""
        return self.run("pyflyte", "run", "workflows/factory.py", "factory", "--card", card, **more)

    def run_git(self, *arguments: str) -> None:
        subprocess.run(["git", *arguments], cwd=self.folder, check=True)

    def edit(self, name: str, old: str, new: str) -> None:
        """Replace text in a file of the clone; it must be there."""
        path = self.folder / name
        text = path.read_text()
        assert old in text, f"{name} has no {old!r}: the test would change nothing"
        path.write_text(text.replace(old, new, 1))


def stations_run(printed: str) -> list[str]:
    """The stations whose tasks were executed, in order, as the run printed them."""
    return [line.split()[1] for line in printed.splitlines() if line.startswith("made ")]


def stations_cached(printed: str) -> list[str]:
    """The stations that were served from the cache."""
    return [line.split()[1] for line in printed.splitlines() if line.startswith("cached ")]
