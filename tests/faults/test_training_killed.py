"""kill -9 of everything at a random step, then the same command: the same bits."""

import importlib.util
import json
import os
import random
import shutil
import signal
import time
from pathlib import Path
from types import ModuleType

import pytest

SEED = 20260801


def _process_module() -> ModuleType:
    spec = importlib.util.spec_from_file_location("training_process", Path(__file__).with_name("training_process.py"))
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


train = _process_module()


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    before = os.environ.get("FACTORY_HOME")
    home = tmp_path_factory.mktemp("home")
    train.prepare(home)
    os.environ.pop("FACTORY_HOME")
    if before:
        os.environ["FACTORY_HOME"] = before
    return home


def _steps(home: Path) -> list[Path]:
    return sorted((home / "checkpoints").glob("pretrain-*/step-*/COMPLETE"))


def _forget(home: Path) -> None:
    for folder in (home / "checkpoints").glob("pretrain-*"):
        shutil.rmtree(folder)


def _killed(home: Path, generator: random.Random, at_least: int) -> int:
    """Start, kill at a random moment after `at_least` checkpoints; returns how many were whole by then."""
    process = train.torchrun(home, "pretrain", 2)
    deadline = time.monotonic() + 120
    while len(_steps(home)) < at_least:
        assert process.poll() is None, process.communicate()[0][-4000:]
        assert time.monotonic() < deadline, "no checkpoint within 120 s"
        time.sleep(0.01)
    time.sleep(generator.uniform(0.0, 0.2))
    # The workers are in sessions of their own: they must notice by themselves that torchrun is gone.
    os.kill(process.pid, signal.SIGKILL)
    process.communicate(timeout=60)
    return len(_steps(home))


def test_killed_twice_training_ends_with_the_bits_of_an_untouched_run(prepared: Path) -> None:
    untouched = train.outcome(train.torchrun(prepared, "pretrain", 2))
    assert len({made["digest"] for made in untouched}) == 1
    _forget(prepared)
    generator = random.Random(SEED)
    first = _killed(prepared, generator, at_least=generator.randint(1, 6))
    second = _killed(prepared, generator, at_least=first + 1)
    assert second < 20, "the run ended before it was killed; the test shows nothing"
    resumed = train.outcome(train.torchrun(prepared, "pretrain", 2))
    assert resumed == untouched

    newest = _steps(prepared)[-1].parent
    weights = newest / "model.safetensors"
    content = bytearray(weights.read_bytes())
    content[len(content) // 2] ^= 1
    weights.write_bytes(content)
    printed, _ = train.torchrun(prepared, "pretrain", 2).communicate(timeout=240)
    assert f"falling back past {newest.name}" in printed
    assert json.loads(next(line for line in printed.splitlines() if line.startswith('{"uri"'))) == untouched[0]
    assert json.loads((newest / "COMPLETE").read_text())["digest"] == untouched[0]["digest"]


def test_the_others_do_not_wait_for_a_process_that_died(prepared: Path) -> None:
    _forget(prepared)
    process = train.torchrun(prepared, "pretrain", 2, num_steps=100000, checkpoint_every=5)
    deadline = time.monotonic() + 120
    while not _steps(prepared):
        assert process.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.05)
    workers = [int(pid) for pid in Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()]
    victim = next(pid for pid in workers if "training_process" in Path(f"/proc/{pid}/cmdline").read_text())
    os.kill(victim, signal.SIGKILL)
    process.communicate(timeout=120)
    assert process.returncode != 0
    _forget(prepared)
