from dataclasses import replace
from pathlib import Path

import pytest

from model_factory import ledger
from model_factory.ledger import registry, store
from model_factory.nouns import Lock, Snapshot, Tokenizer


@pytest.fixture
def tokenizer(snapshot: Snapshot) -> Tokenizer:
    return Tokenizer("file:///tokenizer", 2048, "a" * 64, snapshot.lineage)


def test_what_was_made_and_what_was_served(lock: Lock, snapshot: Snapshot, tokenizer: Tokenizer, section) -> None:
    with ledger.attempt(lock, "tokenize", "k" * 32, section, [snapshot]) as attempt:
        attempt.made([tokenizer, 3, "no artifact"])
    ledger.record_artifacts(lock, {"ingest": snapshot, "tokenize": tokenizer})
    found = {(one.station, one.kind, one.name, one.digest, one.uri, one.served) for one in ledger.artifacts("1" * 12)}
    assert found == {
        ("ingest", "Snapshot", "raw.documents", "6" * 64, "iceberg://factory/raw.documents@42", True),
        ("tokenize", "Tokenizer", "tokenizer", "a" * 64, "file:///tokenizer", False),
    }
    kept = next(one for one in ledger.artifacts(lock.run_digest) if one.kind == "Snapshot").load()
    assert (kept["snapshot_id"], kept["lineage"]["parents"][0]["name"]) == (42, "sources")
    assert ledger.runs()[0].outcome == "ok"


def test_a_run_served_wholly_from_the_cache_is_in_the_book(
    lock: Lock, snapshot: Snapshot, tokenizer: Tokenizer
) -> None:
    ledger.record_artifacts(lock, {"curate": [snapshot, replace(snapshot, digest="b" * 64)], "tokenize": tokenizer})
    found = ledger.artifacts(lock.run_digest)
    assert sorted((one.station, one.digest[0], one.served) for one in found) == [
        ("curate", "6", True),
        ("curate", "b", True),
        ("tokenize", "a", True),
    ]
    assert ledger.runs()[0].outcome == "ok"


def test_an_unknown_run_is_refused(lock: Lock) -> None:
    with pytest.raises(LookupError, match="has no run 123456"):
        ledger.artifacts("123456")


def test_versions_aliases_and_promotion(lock: Lock, tmp_path: Path) -> None:
    (tmp_path / "model.safetensors").write_bytes(b"weights")
    first = registry.register(tmp_path, "coder", lock, "d1")
    assert registry.register(tmp_path, "coder", lock, "d1") == first
    assert registry.promote("coder") == (first, None)
    second = registry.register(tmp_path, "coder", lock, "d2")
    assert (registry.alias_of("coder", "champion"), registry.alias_of("coder", "candidate")) == (first, second)
    assert registry.promote("coder") == (second, first)
    assert registry.promote("coder", first) == (first, second)
    assert registry.alias_of("coder", "nobody") is None
    version = store.client().get_model_version("coder", second)
    assert (version.source, version.tags["run_digest"]) == (tmp_path.as_uri(), lock.run_digest)
    assert ledger.runs()[0].promoted > 0


def test_the_weights_are_not_copied(lock: Lock, tmp_path: Path, state: Path) -> None:
    (tmp_path / "model.safetensors").write_bytes(b"weights" * 1000)
    registry.register(tmp_path, "coder", lock, "d1")
    assert list((state / "mlflow").rglob("model.safetensors")) == []


def test_there_must_be_a_candidate(lock: Lock) -> None:
    with pytest.raises(LookupError, match="model coder has no version with alias candidate"):
        registry.promote("coder")


def test_a_database_elsewhere_leaves_artifacts_in_the_state_folder(
    lock: Lock, section, tmp_path: Path, state: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """MLflow alone would put them into `mlruns` of whatever folder the command was typed in."""
    (state / "mlflow" / "mlflow.db").rename(tmp_path / "elsewhere.db")
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{tmp_path / 'elsewhere.db'}")
    monkeypatch.chdir(tmp_path)
    with ledger.attempt(lock, "sft", "k" * 32, section, []) as attempt:
        ledger.show("title", "html")
    assert attempt.pages == [("title", "html")]
    assert not (tmp_path / "mlruns").exists()
    assert list((state / "mlflow" / "artifacts").rglob("title.html"))
