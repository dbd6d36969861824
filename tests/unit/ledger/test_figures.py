import time
from dataclasses import replace

import pytest

from model_factory import ledger
from model_factory.ledger import registry
from model_factory.nouns import Lock, Snapshot


def work(lock: Lock, station: str, section, seconds: float = 0.0, error: Exception | None = None) -> None:
    with ledger.attempt(lock, station, "k" * 32, section, []):
        for step in range(4):
            ledger.log_metrics({"loss": 1.0}, step)
            time.sleep(seconds / 4)
        if error:
            raise error


def test_the_figures_of_a_log_book(lock: Lock, snapshot: Snapshot, section) -> None:
    with pytest.raises(OSError, match="link down"):
        work(lock, "rl", section, 0.4, OSError("link down"))
    work(lock, "rl", section, 0.8)
    work(lock, "release", None)
    second = replace(lock, run_digest="7" * 64)
    work(second, "rl", section)
    for one in (lock, second):
        ledger.record_artifacts(one, {"rl": snapshot})
    found = ledger.figures()
    attempts = [one for run in ledger.runs() for station in run.stations for one in station.attempts]
    held = sum(one.devices * (one.ended - one.started) for one in attempts)
    hours = found.hours
    assert hours.total == pytest.approx(held)
    assert hours.kept == pytest.approx(2 * 0.6, rel=0.3)
    assert hours.scrap.keys() == {"infrastructure"}
    assert found.goodput == pytest.approx(hours.kept / held)
    assert (found.num_runs, found.released, found.first_pass_yield) == (2, 1, 0.5)
    span = max(one.ended for one in attempts) - min(one.submitted for one in attempts)
    assert found.throughput_per_day == pytest.approx(86400 / span)
    assert found.cost["EUR"] == pytest.approx(36.0 / 3600 * sum(one.ended - one.started for one in attempts))
    rows = {name: value for name, value, _ in ledger.report_rows()}
    assert rows["first-pass yield"] == "50.0 %"
    assert rows["scrap: infrastructure"] != "0.0 s"
    assert {"goodput", "ETTR", "throughput", "cycle time", "cycle: eval"} <= rows.keys()


def test_smoke_runs_and_failed_releases_are_no_throughput(lock: Lock, section) -> None:
    smoke = replace(lock, card="smoke")
    labelled = replace(lock, run_digest="8" * 64, placement='{"labels":{"purpose":"smoke"}}')
    for one in (smoke, labelled):
        work(one, "release", None)
    with pytest.raises(RuntimeError):
        work(replace(lock, run_digest="9" * 64), "release", None, error=RuntimeError("gate"))
    found = ledger.figures()
    assert (found.num_runs, found.released, found.throughput_per_day) == (3, 0, 0.0)
    assert ledger.figures(card="smoke").num_runs == 1
    assert ledger.figures(since=time.time()).num_runs == 0


def test_an_empty_log_book_has_figures(lock: Lock) -> None:
    found = ledger.figures()
    assert (found.num_runs, found.goodput, found.hours.total) == (0, 0.0, 0.0)
    assert ledger.report_rows()[0][:2] == ("runs", "0")


def test_the_cycle_ends_with_the_promotion(lock: Lock, section, tmp_path) -> None:
    work(lock, "evaluate", None, 0.2)
    work(lock, "release", None)
    released = ledger.figures().cycle_times_s
    (tmp_path / "weights").write_text("w")
    registry.register(tmp_path, "coder", lock, "d1")
    time.sleep(0.2)
    registry.promote("coder")
    found = ledger.figures()
    assert found.cycle_times_s[0] > released[0] + 0.2
    assert found.cycle_parts_s["decision"] > 0.2
    assert 0.2 <= found.cycle_parts_s["eval"] < found.cycle_times_s[0]
