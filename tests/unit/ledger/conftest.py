import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from model_factory.nouns import Lineage, Lock, Parent, Snapshot, canonical_json


@pytest.fixture(scope="session")
def empty_book(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated, empty database, made once for all tests: it takes seconds."""
    home = tmp_path_factory.mktemp("book")
    code = "from model_factory.ledger import store; store.client()"
    subprocess.run([sys.executable, "-c", code], env=os.environ | {"FACTORY_HOME": str(home)}, check=True)
    return home / "mlflow" / "mlflow.db"


@pytest.fixture(autouse=True)
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("MODEL_FACTORY_RUN", "MODEL_FACTORY_ATTEMPT", "RANK", "MLFLOW_TRACKING_URI"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("FACTORY_HOME", str(tmp_path / "state"))
    return tmp_path / "state"


@dataclass(frozen=True)
class Mesh:
    dp_replicate: int
    threads: int


@dataclass(frozen=True)
class Section:
    seed: int
    code: str
    mesh: Mesh
    names: list[str]


@pytest.fixture
def section() -> Section:
    return Section(17, "code-1", Mesh(2, 1), ["a", "b"])


@pytest.fixture
def lock(section: Section, state: Path, empty_book: Path) -> Lock:
    (state / "mlflow").mkdir(parents=True)
    shutil.copy(empty_book, state / "mlflow")
    return Lock(
        run_digest="1" * 64,
        recipe_digest="2" * 64,
        card="laptop",
        owner="founders",
        team="research",
        seed=17,
        sections=canonical_json({"sft": section}),
        placement=canonical_json({"price_per_hour": 36.0, "currency": "EUR"}),
        sources="3" * 64,
        code={"sft": "code-1"},
        pins={},
        images={},
        packages={"rich": "15.0.0"},
        python="3.11",
        commit="4" * 40,
        dirty=False,
    )


@pytest.fixture
def snapshot() -> Snapshot:
    lineage = Lineage("1" * 64, "ingest", "code-0", "4" * 40, "", [Parent("SourceListing", "sources", "5" * 64, "")])
    return Snapshot("factory", "raw.documents", 42, 3, "6" * 64, lineage)
