from dataclasses import replace

import pytest

from model_factory.ledger.hours import Hours, Step, station_hours
from model_factory.ledger.records import AttemptRecord


def attempt(
    number: int, started: float, ended: float, outcome: str = "ok", cause: str = "", devices: int = 2
) -> AttemptRecord:
    return AttemptRecord(
        number, 1, 0.0, "elsewhere", "local", "local", started, started, ended, devices, ended, outcome, cause
    )


def steps(first: int, last: int, at: float, every: float = 1.0) -> list[Step]:
    return [Step(step, at + every * index) for index, step in enumerate(range(first, last + 1))]


def test_a_training_attempt_is_divided_into_steps_and_what_lies_around_them() -> None:
    hours = station_hours([attempt(1, 100.0, 150.0)], steps(1, 21, 110.0), committed=0)
    assert hours == Hours(kept=2 * 20.0, overhead=2 * 30.0, kept_wall=20.0)


def test_steps_done_again_after_a_kill_are_scrap_and_counted_once() -> None:
    """Killed at step 15, resumed from the checkpoint at 10: 11 to 15 are lost, the rest is kept."""
    attempts = [attempt(1, 0.0, 20.0, "killed", "infrastructure"), attempt(2, 30.0, 50.0)]
    logged = steps(1, 15, 4.0) + steps(11, 20, 35.0)
    hours = station_hours(attempts, logged, committed=10)
    # Of attempt 2's steps the first, 11, has no interval of its own: it is overhead there, and kept of attempt 1.
    assert hours.kept == 2 * (10.0 + 9.0)
    assert hours.scrap == {"infrastructure": 2 * 4.0}
    assert hours.overhead == 2 * (20.0 - 14.0 + 20.0 - 9.0)
    assert hours.total == 2 * 40.0


def test_what_no_durable_checkpoint_holds_is_lost_when_the_last_attempt_fails() -> None:
    attempts = [attempt(1, 0.0, 30.0, "failed", "data")]
    hours = station_hours(attempts, steps(1, 20, 5.0), committed=10)
    assert (hours.kept, hours.scrap, hours.overhead) == (2 * 9.0, {"data": 2 * 10.0}, 2 * 11.0)
    assert station_hours(attempts, steps(1, 20, 5.0), committed=0).scrap == {"data": 2 * 19.0}


def test_a_station_without_steps_is_kept_or_lost_whole() -> None:
    attempts = [attempt(1, 0.0, 3.0, "failed", "configuration"), attempt(2, 5.0, 9.0), attempt(3, 5.0, 8.0)]
    hours = station_hours(attempts, [Step(0, 6.0)], committed=0)
    assert hours == Hours(kept=2 * 7.0, scrap={"configuration": 2 * 3.0}, kept_wall=7.0)


def test_repeating_what_had_ended_well_keeps_nothing_more() -> None:
    attempts = [attempt(1, 0.0, 20.0), attempt(2, 30.0, 50.0)]
    hours = station_hours(attempts, steps(1, 10, 5.0) + steps(1, 10, 35.0), committed=0)
    assert hours == Hours(kept=2 * 9.0, overhead=2 * (11.0 + 20.0), kept_wall=9.0)


def test_a_running_attempt_is_open_and_a_dead_one_is_not() -> None:
    import os
    import socket
    import time

    import psutil

    now = time.time()
    alive = replace(
        attempt(1, now - 10.0, 0.0, "running"),
        host=socket.gethostname(),
        pid=os.getpid(),
        pid_started=psutil.Process().create_time(),
        seen=now - 4.0,
    )
    assert station_hours([alive], [], 0).open == pytest.approx(20.0, abs=1.0)
    dead = replace(alive, pid_started=0.0)
    assert station_hours([dead], [], 0).scrap == {"infrastructure": pytest.approx(12.0, abs=0.1)}


def test_every_second_is_counted_under_one_name() -> None:
    """Whatever happened, kept + scrap + overhead + open is the time that devices were held."""
    import random

    for seed in range(200):
        random_ = random.Random(seed)
        attempts, logged, at, step = [], [], 0.0, 0
        for number in range(1, random_.randint(1, 5) + 1):
            at += random_.uniform(0, 5)
            held = random_.uniform(1, 50)
            first = max(1, step - random_.randint(0, 5))
            many = random_.randint(0, 20)
            logged += steps(first, first + many - 1, at + 0.1 * held, every=0.9 * held / max(many, 1))
            step = first + many
            outcome = random_.choice(["ok", "failed", "killed"])
            attempts.append(
                attempt(number, at, at + held, outcome, "data" if outcome != "ok" else "", random_.randint(1, 4))
            )
            at += held
        hours = station_hours(attempts, logged, committed=random_.randint(0, 30))
        held = sum(one.devices * (one.ended - one.started) for one in attempts)
        assert hours.total == pytest.approx(held)
        assert min(hours.kept, hours.overhead, hours.open, hours.scrapped, *hours.scrap.values()) >= 0.0
