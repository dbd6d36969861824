"""Four writers and two readers of a live table, all killed -9 at random points: every committed row reaches each
reader once, in commit order."""

import json
import os
import random
import subprocess
import sys
import time
from pathlib import Path

import pytest

from model_factory import lake
from model_factory.blender.live import _files, _rows
from model_factory.lake.handle import open_table

pytestmark = pytest.mark.faults

SEED, COMMITS = 20261121, 16
# Who is killed, in an order that is drawn.
KILLS = {"writers": 8, "readers": 4}
PROGRAM = Path(__file__).with_name("live_process.py")
ROOT = Path(__file__).parents[3]
WRITERS, READERS = ["actor-0", "actor-1", "actor-2", "actor-3"], ["learner-0", "learner-1"]
EACH = sum(1 + number % 4 for number in range(COMMITS))


def start(home: Path, name: str) -> "subprocess.Popen[bytes]":
    role, amount = ("write", COMMITS) if name in WRITERS else ("read", EACH * len(WRITERS))
    return subprocess.Popen(
        [sys.executable, str(PROGRAM), str(home), role, name, str(amount)],
        stderr=subprocess.PIPE,
        env=os.environ | {"PYTHONPATH": f"{ROOT / 'lib'}:{ROOT}"},
    )


def test_every_committed_row_reaches_each_reader_once_and_in_order(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FACTORY_HOME", str(tmp_path))
    generator, deadline = random.Random(SEED), time.monotonic() + 300
    running = {name: start(tmp_path, name) for name in WRITERS + READERS}
    killed = {"writers": 0, "readers": 0}
    victims = generator.sample([*KILLS], sum(KILLS.values()), counts=[*KILLS.values()])
    while running:
        assert time.monotonic() < deadline, f"still running after 300 s: {', '.join(running)}"
        time.sleep(generator.uniform(0.0, 1.0))
        for name in [name for name, process in running.items() if process.poll() is not None]:
            ended = running.pop(name)
            assert ended.returncode == 0, ended.communicate()[1].decode()[-4000:]
        if victims and _begun():
            kind = victims.pop()
            alive = sorted(running.keys() & set(WRITERS if kind == "writers" else READERS))
            if alive:
                name = generator.choice(alive)
                running[name].kill()
                running[name].communicate()
                killed[kind] += 1
                running[name] = start(tmp_path, name)
    assert killed["writers"] >= 4, killed
    assert killed["readers"] >= 2, killed

    handle = open_table("rl.live")
    commits = [_rows(handle, files).to_pylist() for _, files in sorted(_files(handle, 0).items())]
    table = [list(row.values()) for rows in commits for row in rows]
    for reader in READERS:
        assert json.loads((tmp_path / f"{reader}.out").read_text())["rows"] == table
    for writer in WRITERS:
        mine = [row[1:] for row in table if row[0] == writer]
        assert mine == [[number, row] for number in range(COMMITS) for row in range(1 + number % 4)]


def _begun() -> bool:
    return "rl.live" in lake.tables()
