"""Curves: collected in memory, written by a thread of their own."""

import os
import threading
import time
from collections.abc import Callable
from multiprocessing.util import Finalize

from model_factory.ledger import store

# What a killed process may lose of its curves.
FLUSH_EVERY_S = 1.0
_METRICS_A_BATCH = 1000
COMMITTED = "committed_step"

_recorders: dict[str, "Recorder"] = {}


def log_metrics(metrics: dict[str, float], step: int) -> None:
    """Add one point to each of the curves of the open attempt; returns at once.

    Only the first process of a mesh writes. Non-finite values are kept as MLflow keeps them.
    """
    recorder = current_recorder()
    if recorder:
        recorder.add(metrics, step)


def committed(step: int) -> None:
    """Say that a durable checkpoint holds every step up to `step`: an attempt that dies later has
    lost only what followed it."""
    log_metrics({COMMITTED: float(step)}, step)


class Recorder:
    """Writes the curves of one MLflow run every second; `heartbeat` is called as often as it writes
    or at least looks, so that a process that dies leaves behind when it was last alive."""

    def __init__(self, run_id: str, heartbeat: Callable[[], None] | None = None) -> None:
        self.run_id = run_id
        self._heartbeat = heartbeat
        self._waiting: list[tuple[str, float, int, int]] = []
        self._lock = threading.Lock()
        self._writing = threading.Lock()
        self._closed = threading.Event()
        self._thread = threading.Thread(target=self._loop, name="ledger", daemon=True)
        self._thread.start()

    def add(self, metrics: dict[str, float], step: int) -> None:
        now = int(time.time() * 1000)
        with self._lock:
            self._waiting.extend((name, float(value), now, step) for name, value in metrics.items())

    def flush(self) -> None:
        """Write what is waiting; what cannot be written now is kept for the next time."""
        with self._writing:
            while batch := self._waiting[:_METRICS_A_BATCH]:
                _write(self.run_id, batch)
                with self._lock:
                    del self._waiting[: len(batch)]

    def close(self) -> None:
        """Write the rest; an error of the log book is raised here, once, and nowhere else."""
        self._closed.set()
        self._thread.join()
        self.flush()

    def _loop(self) -> None:
        while not self._closed.wait(FLUSH_EVERY_S):
            try:
                self.flush()
                if self._heartbeat:
                    self._heartbeat()
            except Exception as error:
                # The log book must not stop the work; close() raises if it is still out of reach then.
                print(f"ledger: the log book cannot be written at the moment: {error}", flush=True)


def _write(run_id: str, batch: list[tuple[str, float, int, int]]) -> None:
    from mlflow.entities import Metric

    store.client().log_batch(run_id, metrics=[Metric(*point) for point in batch])


def current_recorder() -> Recorder | None:
    """That of the open attempt; a worker process of a mesh gets one of its own for the same run."""
    run_id = os.environ.get("MODEL_FACTORY_RUN")
    if not run_id or os.environ.get("RANK", "0") != "0":
        return None
    name = f"{os.getpid()}/{run_id}"
    if name not in _recorders:
        _recorders[name] = Recorder(run_id)
        # Unlike atexit's, these are also run by the processes that multiprocessing forks.
        Finalize(None, _recorders[name].close, exitpriority=10)
    return _recorders[name]


def open_recorder(run_id: str, heartbeat: Callable[[], None]) -> Recorder:
    """The recorder of an attempt, which its heartbeat and log_metrics share."""
    recorder = _recorders[f"{os.getpid()}/{run_id}"] = Recorder(run_id, heartbeat)
    return recorder


def close_recorder(recorder: Recorder) -> None:
    _recorders.pop(f"{os.getpid()}/{recorder.run_id}", None)
    recorder.close()
