"""One attempt at a station, from its opening in the log book to its end."""

import json
import os
import time
import traceback
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

from model_factory.ledger import pages, store
from model_factory.ledger.artifacts import record_made
from model_factory.ledger.drift import drift, refuse_drift
from model_factory.ledger.exclusive import exclusive
from model_factory.ledger.metrics import close_recorder, open_recorder
from model_factory.ledger.records import AttemptRecord, cause_of, first_record, read_records, shortened
from model_factory.ledger.runs import parent_run, station_run
from model_factory.nouns import Lock

# Seconds between two signs of life in the log book.
_HEARTBEAT_EVERY_S = 10.0
_STATUS = {"ok": "FINISHED", "failed": "FAILED", "killed": "KILLED"}


@dataclass
class Attempt:
    """What is open: `run_id` is the station's MLflow run, `pages` are (title, html) once it has ended.
    A process of a mesh that is not the first gets one that writes nothing."""

    run_id: str
    station: str
    number: int
    pages: list[tuple[str, str]] = field(default_factory=list)

    def made(self, artifact: Any) -> None:
        """Write down what the station made: an artifact, or a list or tuple of them."""
        if self.run_id:
            record_made(self.run_id, self.station, artifact)


@contextmanager
def attempt(lock: Lock, station: str, key: str, section: Any, inputs: Sequence[Any]) -> Iterator[Attempt]:
    """Open the next attempt at a station, or the first; the station's run is the same for all of them.

    Within it, and in processes started from it, `log_metrics`, `show` and `committed` write to that
    run. An earlier attempt whose process is dead is closed as killed. PackageDrift if the installed
    packages are not the lock's, unless the card's placement allows it; then the run is marked.
    """
    if os.environ.get("RANK", "0") != "0":
        yield Attempt("", station, 0)
        return
    found = drift(lock.packages)
    if not json.loads(lock.placement or "{}").get("allow_drift", False):
        refuse_drift(found)
    run_id = station_run(lock, station, key, section)
    record = _open(run_id, lock, section, found, inputs)
    opened = Attempt(run_id, station, record.number)
    with _named(run_id, record.number):
        place = pages.folder()
        try:
            with _recording(run_id, record):
                yield opened
        except BaseException as error:
            text = shortened("".join(traceback.format_exception_only(error)).strip())
            _close(lock, run_id, replace(record, outcome="failed", cause=cause_of(error), error=text))
            raise
        opened.pages.extend(pages.pages(run_id, place))
    _close(lock, run_id, replace(record, outcome="ok"))


def _open(run_id: str, lock: Lock, section: Any, drifted: list[str], inputs: Sequence[Any]) -> AttemptRecord:
    from model_factory.ledger.inputs import log_inputs

    client = store.client()
    with exclusive(f"attempts-{run_id}"):
        earlier = read_records(client.get_run(run_id).data.tags)
        for dead in (one for one in earlier if one.is_dead):
            closed = replace(dead, outcome="killed", cause="infrastructure", ended=dead.end, error="its process died")
            client.set_tag(run_id, *closed.as_tag())
        record = first_record(len(earlier) + 1, getattr(getattr(section, "mesh", None), "dp_replicate", 1))
        client.set_tag(run_id, *record.as_tag())
    for one in (run_id, parent_run(lock)):
        client.update_run(one, status="RUNNING")
        if drifted:
            client.set_tag(one, "drift", shortened("; ".join(drifted)))
    log_inputs(run_id, inputs)
    return record


def _close(lock: Lock, run_id: str, record: AttemptRecord) -> None:
    client = store.client()
    now = time.time()
    client.set_tag(run_id, *replace(record, ended=now, seen=now).as_tag())
    client.set_terminated(run_id, _STATUS[record.outcome])
    if record.outcome != "ok":
        client.set_terminated(parent_run(lock), _STATUS[record.outcome])


@contextmanager
def _recording(run_id: str, record: AttemptRecord) -> Iterator[None]:
    last = record.seen

    def heartbeat() -> None:
        nonlocal last
        if time.time() - last >= _HEARTBEAT_EVERY_S:
            last = time.time()
            store.client().set_tag(run_id, *replace(record, seen=last).as_tag())

    recorder = open_recorder(run_id, heartbeat)
    try:
        yield
    finally:
        close_recorder(recorder)


@contextmanager
def _named(run_id: str, number: int) -> Iterator[None]:
    """Tell this process and its children which run is open."""
    values = {"MODEL_FACTORY_RUN": run_id, "MODEL_FACTORY_ATTEMPT": str(number)}
    before = {name: os.environ.get(name) for name in values}
    os.environ.update(values)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value
