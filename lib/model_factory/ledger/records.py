"""One attempt at a station, as the log book keeps it."""

import json
import os
import socket
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

# MLflow keeps up to 8,000 characters in a tag.
_MAX_ERROR_CHARS = 4000
_PREFIX = "attempt."


@dataclass(frozen=True)
class AttemptRecord:
    """Times are seconds since 1970. `outcome` is running, ok, failed or killed; `cause` is of scrap
    (infrastructure, data, configuration, experiment) where it did not end well; `devices` were held
    from `started` to `ended`; `seen` is when it last gave a sign of life."""

    number: int
    pid: int
    pid_started: float
    host: str
    execution: str
    node: str
    submitted: float
    started: float
    seen: float
    devices: int
    ended: float = 0.0
    outcome: str = "running"
    cause: str = ""
    error: str = ""

    @property
    def end(self) -> float:
        """When it ended, or was last seen."""
        return self.ended or max(self.seen, self.started)

    @property
    def is_dead(self) -> bool:
        """Whether it still counts as running although its process on this machine is gone."""
        return (
            self.outcome == "running" and self.host == socket.gethostname() and not _lives(self.pid, self.pid_started)
        )

    def as_tag(self) -> tuple[str, str]:
        return f"{_PREFIX}{self.number}", json.dumps(asdict(self), sort_keys=True)


def first_record(number: int, devices: int) -> AttemptRecord:
    """A record of this process, beginning now; Flyte's names are taken where it runs us."""
    import psutil

    now = time.time()
    return AttemptRecord(
        number=number,
        pid=os.getpid(),
        pid_started=psutil.Process().create_time(),
        host=socket.gethostname(),
        execution=os.environ.get("FLYTE_INTERNAL_EXECUTION_ID", "local"),
        node=os.environ.get("FLYTE_INTERNAL_NODE_NAME", os.environ.get("FLYTE_INTERNAL_TASK_NAME", "local")),
        submitted=float(os.environ.get("MODEL_FACTORY_SUBMITTED", now)),
        started=now,
        seen=now,
        devices=devices,
    )


def read_records(tags: dict[str, str]) -> list[AttemptRecord]:
    """The attempts that a station run's tags hold, first to last."""
    found = [AttemptRecord(**json.loads(value)) for key, value in tags.items() if key.startswith(_PREFIX)]
    return sorted(found, key=lambda record: record.number)


def shortened(error: str) -> str:
    """An error that fits a tag, its end kept: that is where the reason stands."""
    return error if len(error) <= _MAX_ERROR_CHARS else "…" + error[-_MAX_ERROR_CHARS:]


def cause_of(error: BaseException) -> str:
    """The one cause that scrap is counted under, by what went wrong.

    infrastructure: machines, disks, networks, killed workers. configuration: values no code accepts.
    data: rows that fail their audit. experiment: everything else. An exception decides for itself
    with an attribute `scrap_cause`.
    """
    chain = list(_chain(error))
    declared = next((one.scrap_cause for one in chain if hasattr(one, "scrap_cause")), "")  # type: ignore[attr-defined]
    worker = next((one for one in chain if type(one).__name__ == "ChildFailedError"), None)
    if declared or worker:
        return declared or ("infrastructure" if "Signal" in str(worker) else "experiment")
    if isinstance(error, (OSError, MemoryError, EOFError, KeyboardInterrupt, SystemExit)):
        return "infrastructure"
    if isinstance(error, UnicodeError):
        return "data"
    return "configuration" if isinstance(error, (ValueError, TypeError, LookupError)) else "experiment"


def _chain(error: BaseException) -> Iterator[BaseException]:
    """An error and those it came from, by Python's links or as `value` of one that wraps another."""
    waiting: list[Any] = [error]
    seen: set[int] = set()
    while waiting:
        one = waiting.pop(0)
        if isinstance(one, BaseException) and id(one) not in seen:
            seen.add(id(one))
            yield one
            waiting += [one.__cause__, one.__context__, getattr(one, "value", None)]


def _lives(pid: int, started: float) -> bool:
    import psutil

    try:
        return abs(psutil.Process(pid).create_time() - started) < 1.0
    except psutil.NoSuchProcess:
        return False
