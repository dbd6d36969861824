"""Many programs over a few workers, which are kept between calls."""

import atexit
import functools
import os
import sys
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

from model_factory.cards.limits import Limits
from model_factory.nouns.program import Execution, Program
from model_factory.sandbox.backends import BACKENDS, Backend
from model_factory.sandbox.worker import PROBE_LIMITS, Worker, WorkerDied

MIN_MEMORY_BYTES = 64 << 20


def execute(programs: Sequence[Program], limits: Limits, num_workers: int = 2) -> list[Execution]:
    """Run untrusted programs in isolation, each within `limits`; the answers in the programs' order.

    Equal programs of one call run once. A program sees the Python installation, `/usr`, an empty
    `/tmp` and nothing else of the host: no network, no environment, no other process. A worker
    that dies is replaced and its program run once more; if it dies again the program counts as
    killed. RuntimeError where the host allows no isolation, naming what to install.
    """
    if limits.memory_bytes < MIN_MEMORY_BYTES:
        raise ValueError(
            f"limits.memory_bytes: {limits.memory_bytes} does not hold a Python interpreter; "
            f"use {MIN_MEMORY_BYTES} or more"
        )
    unique = list(dict.fromkeys(programs))
    if not unique:
        return []
    pool = _pool(os.getpid())
    with ThreadPoolExecutor(min(num_workers, len(unique)), "sandbox") as threads:
        results = dict(zip(unique, threads.map(lambda program: pool.run(program, limits), unique), strict=True))
    return [results[program] for program in programs]


class Pool:
    """Idle workers of one backend, waiting for the next program."""

    def __init__(self, backend: Backend) -> None:
        self.backend = backend
        self.idle: list[Worker] = []
        self.lock = threading.Lock()

    def run(self, program: Program, limits: Limits) -> Execution:
        """Run one program on an idle or new worker, once more on another if the worker dies."""
        complaint = ""
        for _ in range(2):
            worker = self._take(limits)
            try:
                execution = worker.run(program, limits)
            except WorkerDied as died:
                complaint = str(died)
                continue
            self._give(worker)
            return execution
        return Execution("killed", "", f"{complaint} (twice)", -9, 0.0)

    def close(self) -> None:
        with self.lock:
            workers, self.idle = self.idle, []
        for worker in workers:
            worker.close()

    def _take(self, limits: Limits) -> Worker:
        with self.lock:
            for worker in self.idle:
                if worker.scratch_bytes == limits.file_bytes:
                    self.idle.remove(worker)
                    return worker
        return Worker(self.backend, limits.file_bytes)

    def _give(self, worker: Worker) -> None:
        if worker.retired:
            worker.close()
            return
        with self.lock:
            self.idle.append(worker)


@functools.cache
def _pool(pid: int) -> Pool:
    """The pool of process `pid`: a forked process must not share its parent's workers."""
    pool = Pool(choose())
    atexit.register(pool.close)
    return pool


def choose(backends: Sequence[Backend] = BACKENDS) -> Backend:
    """The first backend that runs a program here; says on stderr which. RuntimeError with every reason if none."""
    refusals = []
    for backend in backends:
        try:
            Worker(backend, PROBE_LIMITS.file_bytes).close()
        except (WorkerDied, OSError) as error:
            refusals.append(f"{backend.name}: {error}")
            continue
        print(f"sandbox: {backend.name} ({backend.description})", file=sys.stderr, flush=True)
        return backend
    raise RuntimeError(
        "no way to isolate untrusted programs on this host; install bubblewrap (apt-get install bubblewrap) "
        "or allow unprivileged user namespaces (sysctl user.max_user_namespaces). Tried " + "; ".join(refusals)
    )
