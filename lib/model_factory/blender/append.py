"""Append to a live table: each call is one commit, made once, and waits while readers are far behind."""

import json
import os
import time
from collections.abc import Sequence

import pyarrow as pa
from pyiceberg.table import Table
from pyiceberg.table.snapshots import Snapshot

from model_factory.blender.cache import WaitedTooLong
from model_factory.blender.live import POLL_S, lag
from model_factory.lake.disk import require_free_disk
from model_factory.lake.handle import open_or_create, retried
from model_factory.lake.schema import fit

_KEY = "model-factory.live-key"
# Keys of commits whose snapshots are gone, as JSON.
_KEYS = "model-factory.live-keys"


def append(table: str, rows: pa.Table, key: str, max_lag_rows: int, timeout_s: float) -> bool:
    """Commit `rows` to the end of a live table; False if a commit with this `key` is there already.

    `key` names the rows among all that were ever written (an actor and its batch, for example): a writer
    that died and does not know whether its last commit was made calls again with the same. Back-pressure:
    before that it waits until the slowest consumer has fewer than `max_lag_rows` left to take;
    WaitedTooLong names it after `timeout_s`.
    """
    require_free_disk(rows.nbytes, f"appending {rows.num_rows} rows to {table}")
    handle = open_or_create(table, rows.schema)
    if _is_there(handle, key):
        return False
    _wait_for_consumers(table, max_lag_rows, timeout_s)
    wanted = retried(lambda: fit(handle.refresh(), table, rows.schema), f"adding columns to {table}")
    fitted = rows.select(wanted.names).cast(wanted)

    def commit() -> bool:
        handle.refresh()
        if _is_there(handle, key):
            return False
        handle.append(fitted, snapshot_properties={_KEY: key})
        return True

    return retried(commit, f"appending {key} to {table}")


def carried(snapshots: Sequence[Snapshot]) -> dict[str, str]:
    """What must be kept of snapshots that will be gone: the keys of their commits, which may come again."""
    keys = {key for snapshot in snapshots for key in _keys(snapshot)}
    return {_KEYS: json.dumps(sorted(keys))} if keys else {}


def _is_there(handle: Table, key: str) -> bool:
    return any(key in _keys(snapshot) for snapshot in reversed(handle.snapshots()))


def _keys(snapshot: Snapshot) -> set[str]:
    found = snapshot.summary.additional_properties if snapshot.summary else {}
    own = {found[_KEY]} if _KEY in found else set()
    return own | set(json.loads(found.get(_KEYS, "[]")))


def _wait_for_consumers(table: str, max_lag_rows: int, timeout_s: float) -> None:
    deadline = time.monotonic() + timeout_s
    while True:
        behind = lag(table)
        slowest = max(behind, key=lambda name: behind[name], default=None)
        if slowest is None or behind[slowest] < max_lag_rows:
            return
        if time.monotonic() > deadline:
            raise WaitedTooLong(
                f"writer (process {os.getpid()}) waited {timeout_s:.0f} s for consumer {slowest} of {table} to take "
                f"some of the {behind[slowest]} rows it has left (max_lag_rows {max_lag_rows}); see whether it runs, "
                "or dismiss it"
            )
        time.sleep(POLL_S)
