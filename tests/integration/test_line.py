"""The whole line on the smoke card: cold, cached, changed, killed, replayed, traced."""

import json
import os
import random
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from clone import SMOKE, Clone, stations_cached, stations_run
from model_factory.cards.sections import STATIONS


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Clone:
    return Clone.make(tmp_path_factory.mktemp("line") / "first")


@pytest.fixture(scope="module")
def cold(clone: Clone) -> str:
    return clone.factory()


@pytest.fixture
def restored(clone: Clone) -> Iterator[Clone]:
    """The clone, its files put back afterwards."""
    yield clone
    clone.run_git("checkout", "--quiet", ".")


def artifacts(clone: Clone) -> dict[str, str]:
    """Artifact → digest of the clone's newest run."""
    return {row["artifact"]: row["digest"] for row in json.loads(clone.run("factory", "runs", "newest", "--json"))}


def test_cold_run_executes_every_station_and_prints_the_table(cold: str) -> None:
    assert set(stations_run(cold)) == set(STATIONS)
    assert stations_cached(cold) == []
    for heading in ("What came in", "What was scrapped, and why", "What was measured"):
        assert heading in cold


def test_the_same_again_is_served_from_the_cache(clone: Clone, cold: str) -> None:
    again = clone.factory()
    assert stations_run(again) == []
    # Shards that come from the cache say nothing, and `clean` has no task beside them.
    assert set(stations_cached(again)) == set(STATIONS) - {"clean"}


def test_a_changed_rl_section_runs_rl_and_what_follows(clone: Clone, cold: str, tmp_path: Path) -> None:
    card = tmp_path / "changed.md"
    card.write_text(f"---\nextends: {clone.folder / SMOKE}\nname: changed\nrl: {{optimizer: {{lr: 0.0005}}}}\n---\n")
    changed = clone.factory(str(card))
    assert set(stations_run(changed)) == {"rl", "evaluate", "release"}


def test_a_changed_log_message_runs_nothing(restored: Clone, cold: str) -> None:
    restored.edit("lib/model_factory/ledger/exclusive.py", "waiting for {who}", "standing by for {who}")
    assert stations_run(restored.factory()) == []


def test_another_clone_killed_and_resumed_makes_the_same_bits(clone: Clone, cold: str, tmp_path: Path) -> None:
    """Fresh state, kill -9 in the middle of pretraining, the same command: every digest is the first clone's."""
    other = Clone.make(tmp_path / "second")
    seed = random.SystemRandom().randrange(1000)
    _kill_while_training(other, random.Random(seed).uniform(0.0, 1.5))
    resumed = other.factory()
    assert "pretrain" in stations_run(resumed), f"seed {seed}"
    assert artifacts(other) == artifacts(clone), f"seed {seed}"


def _kill_while_training(clone: Clone, after_s: float) -> None:
    """Start the line, wait for pretraining's first checkpoint, and kill -9 the whole process group."""
    process = clone.start("pyflyte", "run", "workflows/factory.py", "factory", "--card", SMOKE)
    deadline = time.monotonic() + 300
    while not list((clone.folder / ".factory" / "checkpoints").glob("pretrain-*/step-*/COMPLETE")):
        assert process.poll() is None, process.communicate()[0]
        assert time.monotonic() < deadline, "no checkpoint of pretraining after 300 s"
        time.sleep(0.02)
    time.sleep(after_s)
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate()


def test_replay_says_the_same_and_finds_what_was_tampered_with(clone: Clone, cold: str) -> None:
    clone.run_git("checkout", "--quiet", ".")
    run = next(r for r in json.loads(clone.run("factory", "runs", "--json")) if r["card"] != "changed")["run_digest"]
    assert "are the same: the promise held" in clone.run("factory", "replay", run)
    weights = max((clone.folder / ".factory" / "checkpoints").glob("sft-*/step-*/model.safetensors"))
    whole = weights.read_bytes()
    weights.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
    try:
        assert "first difference: taught" in clone.run("factory", "replay", run, expect=1)
    finally:
        weights.write_bytes(whole)


def test_trace_follows_a_function_from_file_to_score(clone: Clone, cold: str) -> None:
    rows = json.loads(clone.run("factory", "trace", "packages:click/utils.py", "--json"))
    for step in ("file", "verdicts", "tokens", "steps", "scores"):
        assert rows.get(step), f"the trace says nothing about {step}"


def test_a_blend_is_told_as_it_was_delivered(clone: Clone, cold: str) -> None:
    told = json.loads(clone.run("factory", "blend", SMOKE, "--json"))
    base = json.loads(clone.run("factory", "lineage", "pretrain", "--json"))
    assert f"{told['num_tokens']:,} tokens, blend amended at step 6" in base["facts"]
    assert told["num_sequences"] == told["num_steps"] * told["batch_size"]
    assert {one["source"] for one in told["sources"]} == {"packages", "packages+windows", "packages+unix", "more"}
    assert "How long the pieces of documents are that come" in clone.run("factory", "blend", SMOKE)


def test_lineage_of_the_release_reaches_the_raw_files(clone: Clone, cold: str) -> None:
    release = artifacts(clone)["release"]
    printed = clone.run("factory", "lineage", release[:12])
    for name in ("raw.documents", "curated.documents", "tokens.sequences", "rl.problems"):
        assert name in printed


# From here on the first clone's store is damaged: keep these last.


def test_a_checkpoint_without_its_marker_is_refused_with_the_cure(clone: Clone, cold: str, tmp_path: Path) -> None:
    for marker in (clone.folder / ".factory" / "checkpoints").glob("sft-*/step-*/COMPLETE"):
        marker.rename(marker.with_name("INCOMPLETE"))
    try:
        printed = " ".join(clone.run(*_changed(clone, tmp_path, "rl: {optimizer: {lr: 0.0006}}"), expect=1).split())
    finally:
        for marker in (clone.folder / ".factory" / "checkpoints").glob("sft-*/step-*/INCOMPLETE"):
            marker.rename(marker.with_name("COMPLETE"))
    assert "COMPLETE" in printed
    assert "factory rerun" in printed


def test_a_deleted_snapshot_behind_a_cache_hit_says_how_to_rebuild(clone: Clone, cold: str, tmp_path: Path) -> None:
    clone.run("python", "-c", "from model_factory import lake; lake.catalog().drop_table('rl.problems')")
    changed = _changed(clone, tmp_path, "rl: {optimizer: {lr: 0.0007}}")
    printed = " ".join(clone.run(*changed, expect=1).split())
    assert "rl.problems" in printed
    assert "factory rerun" in printed


def _changed(clone: Clone, folder: Path, front_matter: str) -> tuple[str, ...]:
    card = folder / "changed.md"
    card.write_text(f"---\nextends: {clone.folder / SMOKE}\nname: changed\n{front_matter}\n---\n")
    return ("pyflyte", "run", "workflows/factory.py", "factory", "--card", str(card))
