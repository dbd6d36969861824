"""Two real processes whose blend is amended while they train, killed -9 and started again."""

import json
import os
import random
import signal
import time
from pathlib import Path
from typing import Any

import pytest

from model_factory import lake
from model_factory.blender.amendments import amendment_of, entry_of, finder
from model_factory.blender.log_file import amend, begun, read_log
from model_factory.cards.pretrain import Amendment
from tests.faults import training_process as train

pytestmark = pytest.mark.faults

SEED, STEPS = 20261121, 40
CARD = {"interleave": "even", "num_steps": STEPS, "batch_size": 16, "checkpoint_every": 5, "eval_every": 40}
BLEND = {"stdlib": 0.2, "packages": 0.8}


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FACTORY_HOME", "")
        folder = tmp_path_factory.mktemp("home")
        train.prepare(folder)
        return folder


def logs(home: Path) -> list[Path]:
    return sorted((home / "checkpoints" / "blends").glob("*.jsonl"))


def finished(home: Path, **card: Any) -> dict[str, Any]:
    made = train.outcome(train.torchrun(home, "pretrain", 2, **CARD | card))
    assert made[0] == made[1], "the processes differ"
    return made[0]


def wait_for(step: int, path: Path, process: Any) -> None:
    deadline = time.monotonic() + 200
    while begun(path) < step:
        assert process.poll() is None, process.communicate()[0][-4000:]
        assert time.monotonic() < deadline, f"step {step} did not begin within 200 s"
        time.sleep(0.005)


def test_amended_while_it_runs_and_killed_it_ends_as_the_card_that_asks_for_it(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FACTORY_HOME", str(home))
    generator = random.Random(SEED)
    process = train.torchrun(home, "pretrain", 2, **CARD)
    while not logs(home):
        assert process.poll() is None, process.communicate()[0][-4000:]
        time.sleep(0.01)
    path, find = logs(home)[0], finder(lake.head("tokens.sequences"))
    wait_for(generator.randint(3, 12), path, process)
    log = read_log(path)
    assert log is not None
    made = amend(path, entry_of(log, Amendment(1, BLEND, {"packages": 3.0}), find), soonest=True)
    told = begun(path)
    # In force within one global batch.
    assert made.entries[-1].step <= told + 1
    wait_for(made.entries[-1].step + 7, path, process)
    os.kill(process.pid, signal.SIGKILL)
    process.communicate(timeout=60)
    assert begun(path) < STEPS - 1, "the run ended before it was killed; the test shows nothing"

    amended = finished(home)
    assert amended["amended"]
    steps = [json.loads(line)["step"] for line in amended["blend"].splitlines()[1:]]
    assert steps == [0, made.entries[-1].step]

    # The card by itself is another recipe: it goes on from the steps that both share.
    path.unlink()
    path.with_suffix(".begun").unlink()
    alone = finished(home)
    assert not alone["amended"]
    assert alone["digest"] != amended["digest"]
    assert Path(alone["uri"]).parent != Path(amended["uri"]).parent

    asked = vars(amendment_of(*made.entries))
    served = finished(home, amendments=[asked])
    assert (served["uri"], served["digest"], served["amended"]) == (amended["uri"], amended["digest"], False)
    anew = finished(home, amendments=[asked], code="anew")
    assert anew["uri"] != amended["uri"]
    assert anew["digest"] == amended["digest"], "amending on the way is not what asking for it from the start gives"
    assert finished(home, code="anew")["digest"] == alone["digest"], (
        "the amended run left something in the card's folder"
    )
