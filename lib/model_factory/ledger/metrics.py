"""Curves: collected in memory, written by a thread of their own."""

import atexit
import os
import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from model_factory.ledger import store

if TYPE_CHECKING:
    from mlflow.entities import Metric

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
        self._waiting: list[Metric] = []
        self._lock = threading.Lock()
        self._writing = threading.Lock()
        self._closed = threading.Event()
        self._thread = threading.Thread(target=self._loop, name="ledger", daemon=True)
        self._thread.start()

    def add(self, metrics: dict[str, float], step: int) -> None:
        from mlflow.entities import Metric

        now = int(time.time() * 1000)
        points = [Metric(name, float(value), now, step) for name, value in metrics.items()]
        with self._lock:
            self._waiting.extend(points)

    def flush(self) -> None:
        """Write what is waiting; what cannot be written now is kept for the next time."""
        with self._writing:
            with self._lock:
                points, self._waiting = self._waiting, []
            for start in range(0, len(points), _METRICS_A_BATCH):
                try:
                    store.client().log_batch(self.run_id, metrics=points[start : start + _METRICS_A_BATCH])
                except Exception:
                    with self._lock:
                        self._waiting = points[start:] + self._waiting
                    raise

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


def current_recorder() -> Recorder | None:
    """That of the open attempt; a worker process of a mesh gets one of its own for the same run."""
    run_id = os.environ.get("MODEL_FACTORY_RUN")
    if not run_id or os.environ.get("RANK", "0") != "0":
        return None
    name = f"{os.getpid()}/{run_id}"
    if name not in _recorders:
        _recorders[name] = Recorder(run_id)
        atexit.register(_recorders[name].close)
    return _recorders[name]


def open_recorder(run_id: str, heartbeat: Callable[[], None]) -> Recorder:
    """The recorder of an attempt, which its heartbeat and log_metrics share."""
    recorder = _recorders[f"{os.getpid()}/{run_id}"] = Recorder(run_id, heartbeat)
    return recorder


def close_recorder(recorder: Recorder) -> None:
    _recorders.pop(f"{os.getpid()}/{recorder.run_id}", None)
    recorder.close()
