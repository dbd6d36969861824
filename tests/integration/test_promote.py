"""Promotion behind a person's word: asked on the terminal in a local run, the champion only after a yes."""

import hashlib
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from model_factory import ledger
from model_factory.ledger import registry
from model_factory.nouns import Lineage, Lock, Release
from model_factory.nouns.home import checkout
from model_factory.release.folder import digest_of_release
from model_factory.release.registered import registered

MODEL = "promoted"


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    with pytest.MonkeyPatch.context() as patch:
        home = tmp_path_factory.mktemp("promote")
        patch.setenv("FACTORY_HOME", str(home))
        yield home


@pytest.fixture(scope="module")
def releases(home: Path) -> list[Release]:
    """Two versions of one model, from two runs, as the release station leaves them."""
    return [released(home, "first"), released(home, "second")]


def released(home: Path, content: str) -> Release:
    digest = hashlib.sha256(content.encode()).hexdigest()
    lock = Lock(
        run_digest=digest, recipe_digest=digest, card="promoting", owner="founders", team="research", seed=1,
        sections='{"seed": 1}', placement="{}", sources="", code={}, pins={}, images={}, packages={}, python="3.11",
        commit="0" * 40, dirty=False,
    )  # fmt: skip
    folder = home / "checkpoints" / content
    folder.mkdir(parents=True)
    (folder / "model.safetensors").write_text(content)
    found = digest_of_release(folder)
    version = registry.register(folder, MODEL, lock, found)
    lineage = Lineage(digest, "release", "code", lock.commit, "unpinned")
    release = Release(str(folder), MODEL, version, registry.CANDIDATE, found, lineage)
    ledger.record_artifacts(lock, {"release": release})
    return release


def promote(home: Path, answer: str, *options: str) -> subprocess.CompletedProcess[str]:
    command = [str(Path(sys.executable).with_name("pyflyte")), "run", "workflows/release.py", "promote"]
    return subprocess.run(
        [*command, "--model", MODEL, "--approved_by", "Ada", *options],
        cwd=checkout(), env=os.environ | {"FACTORY_HOME": str(home)}, input=answer, text=True,
        capture_output=True, timeout=300,
    )  # fmt: skip


def test_a_version_is_found_again_as_it_was_released(releases: list[Release]) -> None:
    assert registered(MODEL, "1") == releases[0]
    assert registered(MODEL) == releases[1], "the candidate is the newest"


def test_unknown_models_and_versions_are_named(releases: list[Release]) -> None:
    with pytest.raises(LookupError, match="model nowhere has no version with alias candidate"):
        registered("nowhere")
    with pytest.raises(LookupError, match=r"model promoted has no version 7 \(versions: 1, 2\)"):
        registered(MODEL, "7")


def test_no_leaves_the_champion_alone(home: Path, releases: list[Release]) -> None:
    done = promote(home, "n\n")
    assert done.returncode != 0
    assert "did not approve" in done.stdout + done.stderr
    assert registry.alias_of(MODEL, registry.CHAMPION) is None


def test_nobody_there_to_ask_leaves_the_champion_alone(home: Path, releases: list[Release]) -> None:
    assert promote(home, "").returncode != 0
    assert registry.alias_of(MODEL, registry.CHAMPION) is None


def test_yes_crowns_the_candidate_in_the_approvers_name(home: Path, releases: list[Release]) -> None:
    done = promote(home, "y\n", "--version", "1")
    assert done.returncode == 0, done.stdout + done.stderr
    assert registry.alias_of(MODEL, registry.CHAMPION) == "1"
    done = promote(home, "y\n")
    assert done.returncode == 0, done.stdout + done.stderr
    assert registry.alias_of(MODEL, registry.CHAMPION) == "2"
    assert registry.alias_of(MODEL, "previous") == "1"
