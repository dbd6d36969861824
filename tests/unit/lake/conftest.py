from pathlib import Path

import pytest

from model_factory.nouns import Lineage, Parent


@pytest.fixture(autouse=True)
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("FACTORY_HOME", str(tmp_path / "state"))
    monkeypatch.delenv("MODEL_FACTORY_RUN", raising=False)
    return tmp_path / "state"


@pytest.fixture
def lineage() -> Lineage:
    parents = [
        Parent("SourceListing", "sources", "5" * 64, "sources"),
        Parent("Snapshot", "a.b", "6" * 64, "iceberg://x"),
    ]
    return Lineage("1" * 64, "ingest", "code-1", "commit-1", "image-1", parents)
