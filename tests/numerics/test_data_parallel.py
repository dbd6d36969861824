"""Two processes compute what one computes."""

import importlib.util
import os
from pathlib import Path

import pytest

HELPER = Path(__file__).parents[1] / "faults" / "training_process.py"
spec = importlib.util.spec_from_file_location("training_process", HELPER)
assert spec
assert spec.loader
train = importlib.util.module_from_spec(spec)
spec.loader.exec_module(train)


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    before = os.environ.get("FACTORY_HOME")
    home = tmp_path_factory.mktemp("home")
    train.prepare(home)
    os.environ.pop("FACTORY_HOME")
    if before:
        os.environ["FACTORY_HOME"] = before
    return home


@pytest.mark.parametrize("precision", ["fp32", "bf16"])
def test_two_processes_end_with_the_bits_of_one(
    prepared: Path, precision: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """64 rows of 64 tokens are two microbatches: both in one process, or one in each of two."""
    changes = {"num_steps": 8, "precision": precision}
    monkeypatch.setenv("FACTORY_HOME", str(prepared))
    one, other = (train.run("pretrain", prepared, **changes, seed=seed) for seed in (5, 99))
    two = train.outcome(train.torchrun(prepared, "pretrain", 2, **changes))
    assert len(two) == 2
    assert two[0] == two[1]
    assert (two[0]["digest"], two[0]["num_tokens"]) == (one.digest, one.num_tokens)
    assert two[0]["uri"] != one.uri
    assert other.digest != one.digest
