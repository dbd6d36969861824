"""Reinforcement on two processes, killed -9 at a random moment: the bits and the transcripts of an untouched run."""

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from model_factory import lake
from model_factory.nouns import Architecture, Checkpoint, Mesh
from model_factory.rl import transcripts
from tests.unit.rl import world as program
from tests.unit.rl.world import LINEAGE, World

pytestmark = pytest.mark.faults

SEED = 20261121
ROOT = Path(__file__).parents[2]
SECTION = {"processes": 2, "num_steps": 12, "problems_per_step": 8, "group_size": 8, "checkpoint_every": 2, "lr": 5e-4}


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("rl")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FACTORY_HOME", str(folder))
        World.make().save(folder / "world.json")
    return folder


def start(home: Path, **changes: Any) -> "subprocess.Popen[str]":
    """The station's two processes, in a process group of their own so that all can be killed at once."""
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2"]
    return subprocess.Popen(
        [*command, program.__file__, str(home), json.dumps(SECTION | changes)],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
        env=os.environ | {"OMP_NUM_THREADS": "1", "PYTHONPATH": str(ROOT)},
    )


def finished(process: "subprocess.Popen[str]") -> list[Checkpoint]:
    """What each process made."""
    printed, _ = process.communicate(timeout=240)
    assert process.returncode == 0, printed[-4000:]
    found = [json.loads(line) for line in printed.splitlines() if line.startswith('{"uri"')]
    whole = [one | {"mesh": Mesh(**one["mesh"]), "model": Architecture(**one["model"])} for one in found]
    return [Checkpoint(**(one | {"lineage": LINEAGE})) for one in whole]


def killed(home: Path, at_least: int, generator: random.Random, **changes: Any) -> int:
    """Start, kill at a random moment once `at_least` checkpoints are whole; returns how many were by then."""
    process = start(home, **changes)
    before = len(kept(home))
    deadline = time.monotonic() + 120
    while len(kept(home)) < before + at_least:
        assert process.poll() is None, process.communicate()[0][-4000:]
        assert time.monotonic() < deadline, "no checkpoint within 120 s"
        time.sleep(0.01)
    time.sleep(generator.uniform(0.0, 0.5))
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate()
    return len(kept(home))


def kept(home: Path) -> list[Path]:
    return sorted((home / "checkpoints").glob("rl-*/step-*/COMPLETE"))


def test_killed_twice_it_ends_with_the_bits_and_the_transcripts_of_an_untouched_run(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FACTORY_HOME", str(home))
    untouched = finished(start(home))
    assert len(untouched) == 2
    assert untouched[0] == untouched[1]

    generator, steps = random.Random(SEED), len(kept(home))
    assert steps == 6
    # Another `code` is another folder, and nothing that training reads. The samples go through a live table.
    again = {"code": "again", "live": True}
    for at_least in (1, 1):
        assert killed(home, at_least, generator, **again) < 2 * steps, "it ended before it was killed"
    live = [table for table in lake.tables() if table.startswith("rl.live_")]
    assert len(live) == 1
    rows = lake.catalog().load_table(live[0]).scan(selected_fields=("step", "rank")).to_arrow().to_pylist()
    counts = Counter((row["step"], row["rank"]) for row in rows)
    assert set(counts.values()) == {8 * 8 // 2}, "a step's samples were put in twice, or in part"
    resumed = finished(start(home, **again))
    assert not [table for table in lake.tables() if table.startswith("rl.live_")]
    assert resumed[0].uri != untouched[0].uri
    assert resumed[0].digest == resumed[1].digest == untouched[0].digest
    assert resumed[0].num_tokens == untouched[0].num_tokens

    first, second = (transcripts.commit(made, LINEAGE) for made in (untouched[0], resumed[0]))
    assert second.digest == first.digest
    assert second.num_rows == 12 * 8 * 8
    rows = lake.read(second, ["step", "doc_id", "sample", "reward"]).to_pylist()
    assert len({(row["step"], row["doc_id"], row["sample"]) for row in rows}) == len(rows)
    assert len({row["reward"] for row in rows}) == 2
