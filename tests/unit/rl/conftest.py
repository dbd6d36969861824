from pathlib import Path

import pytest
import torch

from tests.unit.rl.world import World


@pytest.fixture(autouse=True, scope="session")
def one_thread() -> None:
    torch.set_num_threads(1)


@pytest.fixture(scope="session")
def taught_home(one_thread: None, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A state folder with the tests' world; kept for the whole session, as the model has to be taught first."""
    home = tmp_path_factory.mktemp("rl")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FACTORY_HOME", str(home))
        World.make().save(home / "world.json")
    return home


@pytest.fixture
def world(taught_home: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    monkeypatch.setenv("FACTORY_HOME", str(taught_home))
    return World.load(taught_home / "world.json")
