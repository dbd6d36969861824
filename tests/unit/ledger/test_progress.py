import subprocess
import sys
import time

import pytest

from model_factory import ledger
from model_factory.ledger.exclusive import exclusive

HOLDER = """
import sys, time
from model_factory.ledger.exclusive import exclusive
with exclusive("key/1", run="run-1"):
    print("held", flush=True)
    time.sleep(float(sys.argv[1]))
"""


def holder(seconds: float) -> subprocess.Popen:
    process = subprocess.Popen([sys.executable, "-c", HOLDER, str(seconds)], stdout=subprocess.PIPE, text=True)
    assert process.stdout
    assert process.stdout.readline() == "held\n"
    return process


def test_the_second_waits_for_the_first_and_says_so(capfd: pytest.CaptureFixture[str]) -> None:
    process = holder(2.0)
    started = time.monotonic()
    with exclusive("key/1"):
        assert time.monotonic() - started > 1.5
    told = capfd.readouterr().err
    assert f"waiting for process {process.pid} of run run-1, which holds lock key/1" in told
    assert process.wait() == 0


def test_waiting_has_an_end() -> None:
    process = holder(60.0)
    with pytest.raises(TimeoutError, match=rf"waited 0.3 s for process {process.pid} of run run-1"):
        exclusive("key/1", timeout_s=0.3).__enter__()
    with exclusive("key/2", timeout_s=0.3):
        pass
    process.kill()
    process.wait()


def test_a_dead_holders_lock_is_broken_aloud(capfd: pytest.CaptureFixture[str]) -> None:
    process = holder(60.0)
    process.kill()
    process.wait()
    for expected in (f"its holder, process {process.pid} of run run-1, died without releasing it", ""):
        with exclusive("key/1", timeout_s=5):
            pass
        assert expected in (told := capfd.readouterr().err)
        assert bool(told) == bool(expected)


def test_plain_lines_tell_rate_and_time_left(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    now = [1000.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    with ledger.progress(100, "pretrain", "steps") as bar:
        for step in range(1, 101):
            now[0] += 0.5
            bar.advance(note=f"loss {step}")
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "pretrain: 20/100 steps in 0:10, 2.0/s, 0:40 left · loss 20"
    assert lines[-1] == "pretrain: 100/100 steps in 0:50, 2.0/s · loss 100"
    assert len(lines) == 6


def test_short_work_and_other_ranks_are_silent(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    with ledger.progress(10, "t", "u") as bar:
        bar.advance(10)
    now = [1000.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    monkeypatch.setenv("RANK", "1")
    with ledger.progress(10, "t", "u") as bar:
        now[0] += 100
        bar.advance(10)
    assert (bar.done, capsys.readouterr().out) == (10, "")


def test_a_terminal_gets_a_bar() -> None:
    """On a real terminal: the bar, its count and its note are drawn."""
    import os
    import pty

    code = """
import time
from model_factory import ledger
with ledger.progress(3, "rollouts", "problems") as bar:
    for step in range(3):
        bar.advance(note=f"reward {step}")
        time.sleep(0.2)
"""
    main, worker = pty.openpty()
    environment = os.environ | {"TERM": "xterm", "COLUMNS": "120"}
    process = subprocess.Popen([sys.executable, "-c", code], stdout=worker, stderr=worker, env=environment)
    assert process.wait(timeout=60) == 0
    os.close(worker)
    drawn = b""
    try:
        while chunk := os.read(main, 65536):
            drawn += chunk
    except OSError:
        pass
    text = drawn.decode()
    assert "rollouts" in text
    assert "3/3" in text
    assert "reward 2" in text
