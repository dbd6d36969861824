"""What execute promises about ordinary programs."""

import os
import signal
import subprocess
import sys
from dataclasses import replace

import psutil
import pytest

from model_factory.cards.limits import Limits
from model_factory.nouns.home import checkout
from model_factory.sandbox import Execution, Program, execute
from model_factory.sandbox import pool as pool_module
from model_factory.sandbox.backends import BACKENDS, Backend
from model_factory.sandbox.pool import Pool, choose
from model_factory.sandbox.worker import Worker, WorkerDied

LIMITS = Limits(wall_s=5.0, cpu_s=2.0, memory_bytes=256 << 20, output_bytes=65536, file_bytes=1 << 20, num_processes=16)


def run(source: str, stdin: str = "") -> Execution:
    return execute([Program(source, stdin)], LIMITS)[0]


def test_answers_come_in_the_order_of_the_programs() -> None:
    answers = execute([Program(f"print({number} ** 2)") for number in range(40)], LIMITS, num_workers=3)
    assert [answer.stdout for answer in answers] == [f"{number**2}\n" for number in range(40)]
    assert {answer.status for answer in answers} == {"ok"}


def test_no_programs_start_no_worker() -> None:
    assert execute([], LIMITS) == []


def test_reads_standard_input_of_any_size() -> None:
    text = "ä" * 300_000
    assert run("import sys; print(len(sys.stdin.read()))", text).stdout == "300000\n"


def test_an_exception_is_an_error_with_its_traceback() -> None:
    answer = run("def half(x):\n    return x / 0\nhalf(1)")
    assert (answer.status, answer.exit_code) == ("error", 1)
    assert answer.stderr.splitlines()[-1] == "ZeroDivisionError: division by zero"
    assert "serve.py" not in answer.stderr
    assert "line 2, in half" in answer.stderr


@pytest.mark.parametrize(
    ("source", "status", "exit_code"),
    [
        ("raise SystemExit", "ok", 0),
        ("import sys; sys.exit(3)", "error", 3),
        ("import sys; sys.exit('enough')", "error", 1),
        ("def broken(:", "error", 1),
        ("import os; os.kill(os.getpid(), 11)", "killed", -signal.SIGSEGV),
        ("raise MemoryError", "memory", 1),
        ("print('MemoryError')", "ok", 0),
    ],
)
def test_exit_codes_and_signals(source: str, status: str, exit_code: int) -> None:
    answer = run(source)
    assert (answer.status, answer.exit_code) == (status, exit_code)


def test_it_is_a_script_like_any_other() -> None:
    assert run("if __name__ == '__main__':\n    print('ran')").stdout == "ran\n"
    assert run("import threading\nthreading.Timer(0.1, print, ['later']).start()").stdout == "later\n"
    assert run("import dataclasses, decimal, unittest; print('imported')").stdout == "imported\n"


def test_it_may_start_programs_of_its_own() -> None:
    source = (
        "import subprocess, sys\nprint(subprocess.run([sys.executable, '-c', 'print(7)'], capture_output=True).stdout)"
    )
    assert run(source).stdout == "b'7\\n'\n"


def test_the_smallest_memory_that_is_accepted_is_enough() -> None:
    small = replace(LIMITS, memory_bytes=pool_module.MIN_MEMORY_BYTES)
    source = "import json, decimal, dataclasses, threading\nthreading.Thread(target=print, args=('ran',)).start()"
    assert execute([Program(source)], small)[0].stdout == "ran\n"


def test_equal_programs_print_equal_output() -> None:
    """Hash seed and random numbers do not depend on the worker: a pool of its own is asked the second time."""
    source = "import random\nprint(hash('a'), list({'a', 'b', 'c', 'd', 'e'}), random.random())"
    fresh = Pool(choose())
    try:
        again = fresh.run(Program(source), LIMITS)
    finally:
        fresh.close()
    assert run(source).stdout == again.stdout
    assert hash("a") != int(again.stdout.split()[0]) or os.environ.get("PYTHONHASHSEED") == "0"


def test_equal_programs_run_once() -> None:
    source = "import time; print(time.monotonic_ns())"
    first, other, second = execute([Program(source), Program(source, "x"), Program(source)], LIMITS)
    assert first == second
    assert first.stdout != other.stdout


def test_a_program_leaves_nothing_to_the_next() -> None:
    worker = Worker(choose(), LIMITS.file_bytes)
    try:
        soil = (
            "import os, random\nopen('/tmp/left', 'w').write('x'); os.chmod('/tmp', 0o700) if os.getuid() == 0 else 0\n"
        )
        soil += "import json; json.loads = None; random.seed(5)"
        assert worker.run(Program(soil), LIMITS).status == "ok"
        clean = "import os, json\nprint(os.listdir('/tmp'), json.loads('1'), oct(os.stat('/tmp').st_mode))"
        assert worker.run(Program(clean), LIMITS).stdout == "[] 1 0o41777\n"
    finally:
        worker.close()


def test_a_worker_that_dies_is_replaced_and_its_program_rerun() -> None:
    pool = Pool(choose())
    try:
        assert pool.run(Program("print(1)"), LIMITS).status == "ok"
        (worker,) = pool.idle
        os.kill(worker.process.pid, signal.SIGKILL)
        assert pool.run(Program("print(2)"), LIMITS).stdout == "2\n"
        assert pool.idle != [worker]
    finally:
        pool.close()


def test_a_program_whose_workers_die_twice_counts_as_killed(monkeypatch: pytest.MonkeyPatch) -> None:
    run_in_worker = Worker.run

    def die_on_the_way(self: Worker, program: Program, limits: Limits, grace_s: float = 5.0) -> Execution:
        if "fatal" in program.source:
            os.kill(self.process.pid, signal.SIGKILL)
        return run_in_worker(self, program, limits, grace_s)

    monkeypatch.setattr(Worker, "run", die_on_the_way)
    fatal, harmless = execute([Program("'fatal'"), Program("print('harmless')")], LIMITS)
    assert fatal.status == "killed"
    assert "(twice)" in fatal.stderr
    assert harmless.stdout == "harmless\n"


def test_a_silent_worker_is_given_up_with_a_name_and_a_time() -> None:
    worker = Worker(choose(), LIMITS.file_bytes)
    os.kill(worker.process.pid, signal.SIGSTOP)
    for child in _children(worker.process.pid):
        os.kill(child, signal.SIGSTOP)
    with pytest.raises(
        WorkerDied, match=r"waited for the sandbox worker \(.*\) to run a program: no answer within 6 s"
    ):
        worker.run(Program("print(1)"), LIMITS, grace_s=1.0)


def _children(pid: int) -> list[int]:
    with open(f"/proc/{pid}/task/{pid}/children") as file:
        return [int(child) for child in file.read().split()]


def test_without_a_backend_it_refuses_and_names_the_package() -> None:
    class Missing(Backend):
        def command(self, scratch_bytes: int) -> list[str]:
            return ["/nonexistent/bwrap"]

    class Refused(Backend):
        def command(self, scratch_bytes: int) -> list[str]:
            return [sys.executable, "-c", "raise OSError('unshare: Operation not permitted')"]

    with pytest.raises(RuntimeError, match=r"apt-get install bubblewrap") as refusal:
        choose([Refused("namespaces", ""), Missing("bubblewrap", "")])
    assert "namespaces" in str(refusal.value)
    assert "unshare: Operation not permitted" in str(refusal.value)
    assert "/nonexistent/bwrap" in str(refusal.value)


def test_the_choice_is_said_once(capfd: pytest.CaptureFixture[str]) -> None:
    pool_module._pool.cache_clear()
    run("print(1)")
    run("print(2)")
    said = capfd.readouterr().err
    assert said.count("sandbox: ") == 1
    assert any(backend.name in said for backend in BACKENDS)


def test_memory_too_small_for_python_is_refused_by_name() -> None:
    tiny = Limits(wall_s=5.0, cpu_s=2.0, memory_bytes=1 << 20, output_bytes=1, file_bytes=1, num_processes=1)
    with pytest.raises(ValueError, match=r"limits.memory_bytes: 1048576 .* use 67108864 or more"):
        execute([Program("")], tiny)


def test_workers_end_with_a_process_that_is_killed() -> None:
    """Nobody closes them then: they see their socket close."""
    source = (
        "import sys\nfrom tests.unit.sandbox.test_execute import *\nexecute([Program('print(1)')], LIMITS)\n"
        "print(*(worker.process.pid for worker in pool_module._pool(os.getpid()).idle), flush=True)\nsys.stdin.read()"
    )
    command = [sys.executable, "-c", source]
    with subprocess.Popen(command, cwd=checkout(), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as host:
        assert host.stdout is not None
        workers = [psutil.Process(int(pid)) for pid in host.stdout.readline().split()]
        everyone = [process for worker in workers for process in (worker, *worker.children(recursive=True))]
        assert len(everyone) == 2
        host.kill()
        _, alive = psutil.wait_procs(everyone, timeout=20)
    assert not alive
