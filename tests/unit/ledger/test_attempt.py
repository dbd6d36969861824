import json
import multiprocessing
import os
import pickle
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest

from model_factory import ledger
from model_factory.ledger import store
from model_factory.nouns import Lock, Snapshot

KEY = "k" * 32


def open_attempt(lock: Lock, snapshot: Snapshot, section, station: str = "sft"):
    return ledger.attempt(lock, station, KEY, section, [snapshot])


def test_a_retry_continues_its_run(lock: Lock, snapshot: Snapshot, section) -> None:
    with pytest.raises(ValueError, match="no such thing"), open_attempt(lock, snapshot, section) as first:
        raise ValueError("no such thing")
    with open_attempt(lock, snapshot, section) as second:
        second.made(snapshot)
    assert (second.run_id, first.number, second.number) == (first.run_id, 1, 2)
    (run,) = ledger.runs()
    (station,) = run.stations
    failed, ok = station.attempts
    assert (failed.outcome, failed.cause, failed.error) == ("failed", "configuration", "ValueError: no such thing")
    assert (ok.outcome, ok.cause, ok.pid, ok.devices) == ("ok", "", os.getpid(), 2)
    assert failed.started < failed.ended <= ok.submitted <= ok.started < ok.ended
    assert (station.station, station.key, station.outcome, run.outcome) == ("sft", KEY, "ok", "open")


def test_a_run_says_what_it_is(lock: Lock, snapshot: Snapshot, section) -> None:
    with open_attempt(lock, snapshot, section) as attempt:
        pass
    client = store.client()
    (run,) = ledger.runs()
    parent, child = client.get_run(run.run_id), client.get_run(attempt.run_id)
    assert parent.data.tags["recipe_digest"] == lock.recipe_digest
    assert parent.data.params["sft.mesh.dp_replicate"] == "2"
    assert child.data.params["names"] == "['a', 'b']"
    assert child.data.tags["mlflow.parentRunId"] == run.run_id
    kept = client.download_artifacts(run.run_id, "lock.json")
    assert Lock(**json.loads(Path(kept).read_text())) == lock
    (dataset,) = child.inputs.dataset_inputs
    assert (dataset.dataset.name, dataset.dataset.digest) == ("raw.documents", "6" * 36)
    assert json.loads(dataset.dataset.source) == {"uri": "iceberg://factory/raw.documents@42", "digest": "6" * 64}
    assert client.get_experiment(parent.info.experiment_id).name == "laptop"


def test_runs_are_told_apart_by_lock_station_and_key(lock: Lock, snapshot: Snapshot, section) -> None:
    other = replace(lock, run_digest="7" * 64)
    ids = []
    for one, station, key in [(lock, "sft", KEY), (lock, "rl", KEY), (lock, "sft", "other"), (other, "sft", KEY)]:
        with ledger.attempt(one, station, key, section, []) as attempt:
            ids.append(attempt.run_id)
    assert len(set(ids)) == 4
    assert [run.run_digest[0] for run in ledger.runs(recipe_digest="22")] == ["7", "1"]
    assert [len(run.stations) for run in ledger.runs(run_digest="1" * 12)] == [3]
    assert ledger.runs(card="nightly") == ledger.runs(run_digest="8") == []


KILLED = """
import pickle, sys, time
from model_factory import ledger
lock, section = pickle.loads(bytes.fromhex(sys.argv[1]))
with ledger.attempt(lock, "sft", "k" * 32, section, []):
    for step in range(3):
        ledger.log_metrics({"loss": 1.0 / (step + 1)}, step)
    time.sleep(2.5)
    ledger.log_metrics({"loss": 0.0}, 3)
    print("ready", flush=True)
    time.sleep(60)
"""


def test_an_attempt_whose_process_was_killed_is_closed_by_the_next(lock: Lock, snapshot: Snapshot, section) -> None:
    plain = replace_section(section)
    process = subprocess.Popen(
        [sys.executable, "-c", KILLED, pickle.dumps((lock, plain)).hex()], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout
    assert process.stdout.readline() == "ready\n"
    (run,) = ledger.runs()
    assert (run.outcome, run.stations[0].attempts[0].outcome) == ("running", "running")
    process.send_signal(signal.SIGKILL)
    process.wait()
    (run,) = ledger.runs()
    assert run.outcome == "killed"
    with ledger.attempt(lock, "sft", KEY, plain, []) as attempt:
        pass
    (run,) = ledger.runs()
    killed, ok = run.stations[0].attempts
    assert (killed.outcome, killed.cause, killed.pid) == ("killed", "infrastructure", process.pid)
    assert (ok.outcome, attempt.number) == ("ok", 2)
    history = store.client().get_metric_history(attempt.run_id, "loss")
    assert [point.step for point in history][:3] == [0, 1, 2]


def replace_section(section) -> dict:
    """A section that another process can unpickle."""
    return {"seed": section.seed}


def test_curves_are_complete_and_in_order(lock: Lock, snapshot: Snapshot, section) -> None:
    with open_attempt(lock, snapshot, section) as attempt:
        started = time.perf_counter()
        for step in range(5000):
            ledger.log_metrics({"loss": step / 2, "lr": 0.1}, step)
        took = time.perf_counter() - started
    history = store.client().get_metric_history(attempt.run_id, "loss")
    assert [(point.step, point.value) for point in history] == [(step, step / 2) for step in range(5000)]
    assert took / 5000 < 0.001, f"{1000 * took / 5000:.3f} ms for a call that only remembers"


CHILD = """
import sys
from model_factory import ledger
ledger.log_metrics({"loss": 1.5, "bad": float("nan")}, 7)
ledger.show("Samples", "<b>one</b>")
with ledger.progress(10, "t", "u") as bar:
    bar.advance(10)
"""


@pytest.mark.parametrize(("rank", "points", "titles"), [("0", 1, ["Samples"]), ("1", 0, [])])
def test_workers_of_a_mesh_write_to_the_same_run(
    lock: Lock, snapshot: Snapshot, section, rank: str, points: int, titles: list[str]
) -> None:
    with open_attempt(lock, snapshot, section) as attempt:
        subprocess.run([sys.executable, "-c", CHILD], env=os.environ | {"RANK": rank}, check=True)
        assert attempt.pages == []
    history = store.client().get_metric_history(attempt.run_id, "loss")
    assert [(point.value, point.step) for point in history] == [(1.5, 7)] * points
    assert [title for title, _ in attempt.pages] == titles


def test_forked_and_spawned_workers_write_what_they_logged_last(lock: Lock, snapshot: Snapshot, section) -> None:
    with open_attempt(lock, snapshot, section) as attempt:
        for step, method in enumerate(("fork", "spawn")):
            worker = multiprocessing.get_context(method).Process(target=ledger.log_metrics, args=({"loss": 1.0}, step))
            worker.start()
            worker.join()
            assert worker.exitcode == 0
    assert [point.step for point in store.client().get_metric_history(attempt.run_id, "loss")] == [0, 1]


def test_an_attempt_in_a_later_rank_writes_nothing(
    lock: Lock, snapshot: Snapshot, section, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RANK", "1")
    with open_attempt(lock, snapshot, section) as attempt:
        ledger.log_metrics({"loss": 1.0}, 0)
        ledger.show("t", "h")
        attempt.made(snapshot)
    assert ledger.runs() == []


def test_without_an_attempt_nothing_happens(state) -> None:
    ledger.log_metrics({"loss": 1.0}, 0)
    ledger.committed(0)
    ledger.show("title", "html")
    assert not (state / "mlflow").exists()
    assert "MODEL_FACTORY_RUN" not in os.environ


def test_pages_are_kept_for_the_deck_and_the_log_book(lock: Lock, snapshot: Snapshot, section) -> None:
    with open_attempt(lock, snapshot, section) as first:
        ledger.show("Data Docs", "<p>one</p>\n<p>two</p>")
        ledger.show("Data Docs", "<p>three</p>")
        ledger.show("Ünïcode & more", "<i>ü</i>")
    assert first.pages == [("Data Docs", "<p>three</p>"), ("Ünïcode & more", "<i>ü</i>")]
    with open_attempt(lock, snapshot, section) as second:
        pass
    assert second.pages == []
    assert len(store.client().list_artifacts(first.run_id, "pages/attempt-1")) == 2


def test_packages_that_drifted_are_refused_or_marked(lock: Lock, snapshot: Snapshot, section) -> None:
    drifted = replace(lock, packages={"rich": "1.0.0", "no-such-package": "3", "torch": "2.13.0"})
    told = r"no-such-package 3 is not installed; rich is 15.0.0, the lock says 1.0.0\. .*pip install -r"
    with pytest.raises(ledger.PackageDrift, match=told), open_attempt(drifted, snapshot, section):
        pass
    assert ledger.runs() == []
    with open_attempt(replace(drifted, placement='{"allow_drift":true}'), snapshot, section):
        pass
    assert "rich is 15.0.0" in ledger.runs()[0].drift


def test_the_outer_attempt_is_found_again_after_an_inner_one(lock: Lock, snapshot: Snapshot, section) -> None:
    with open_attempt(lock, snapshot, section) as outer:
        with open_attempt(lock, snapshot, section, station="rl") as inner:
            ledger.log_metrics({"x": 1.0}, 0)
        ledger.log_metrics({"x": 2.0}, 0)
    values = [store.client().get_metric_history(one.run_id, "x")[0].value for one in (inner, outer)]
    assert values == [1.0, 2.0]


OPEN = """
import pickle, sys
from model_factory import ledger
lock, section = pickle.loads(bytes.fromhex(sys.argv[1]))
with ledger.attempt(lock, "sft", "k" * 32, section, []) as attempt:
    print(attempt.run_id, attempt.number)
"""


def test_processes_that_open_at_once_share_the_run_and_count_themselves(lock: Lock, section, state: Path) -> None:
    """From no log book at all, so that they also race for the database."""
    shutil.rmtree(state / "mlflow")
    argument = pickle.dumps((lock, replace_section(section))).hex()
    processes = [
        subprocess.Popen([sys.executable, "-c", OPEN, argument], stdout=subprocess.PIPE, text=True) for _ in range(3)
    ]
    told = [process.communicate(timeout=180)[0].split() for process in processes]
    assert [process.returncode for process in processes] == [0, 0, 0]
    assert len({run_id for run_id, _ in told}) == 1
    assert sorted(number for _, number in told) == ["1", "2", "3"]
