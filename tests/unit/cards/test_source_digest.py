"""What a station's code digest sees and what it does not."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from model_factory.nouns.home import checkout

PROGRAM = """
import sys
from model_factory.cards.source_digest import source_digest
for station in sys.argv[1:]:
    print(station, source_digest(station, ["model_factory.curation.filters.length"] if station == "curate" else []))
"""
STATIONS = ("ingest", "curate", "pretrain", "rl")


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    for folder in ("lib", "tasks", "dockerfiles"):
        shutil.copytree(
            checkout() / folder, tmp_path / folder, ignore=shutil.ignore_patterns("*.egg-info", "__pycache__")
        )
    return tmp_path


def digests(clone: Path) -> dict[str, str]:
    printed = subprocess.run(
        [sys.executable, "-c", PROGRAM, *STATIONS],
        capture_output=True, text=True, check=True, timeout=120, cwd=clone,
        env=os.environ | {"PYTHONPATH": f"{clone / 'lib'}:{clone}", "FACTORY_HOME": str(clone / ".factory")},
    ).stdout  # fmt: skip
    return dict(line.split() for line in printed.splitlines())


def append(clone: Path, module: str, text: str) -> None:
    path = clone / "lib" / "model_factory" / module
    path.write_text(path.read_text() + text)


def test_comments_docstrings_and_ledger_do_not_count(clone: Path) -> None:
    before = digests(clone)
    append(clone, "trainer/pretrain.py", "\n# a comment\n")
    append(clone, "ledger/attempt.py", "\n\ndef another_log_message() -> str:\n    return 'new'\n")
    append(clone, "curation/curate.py", '\nledger.log_metrics({"more": 1.0}, 0)\n')
    assert digests(clone) == before


def test_a_change_moves_the_stations_that_reach_it_and_no_other(clone: Path) -> None:
    before = digests(clone)
    append(clone, "rl/algorithms/__init__.py", "\nCHANGED = 1\n")
    append(clone, "rl/station.py", "\nCHANGED = 1\n")
    after = digests(clone)
    assert {name for name in STATIONS if before[name] != after[name]} == {"rl"}


def test_a_registry_entry_counts_when_the_card_names_it(clone: Path) -> None:
    before = digests(clone)
    append(clone, "curation/filters/minified.py", "\nCHANGED = 1\n")
    assert digests(clone) == before
    append(clone, "curation/filters/length.py", "\nCHANGED = 1\n")
    assert digests(clone)["curate"] != before["curate"]
