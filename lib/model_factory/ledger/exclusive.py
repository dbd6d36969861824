"""One process at a time per piece of work: the second waits and says for whom."""

import contextlib
import fcntl
import hashlib
import json
import os
import sys
import time
from collections.abc import Iterator
from typing import IO

from model_factory.nouns.home import room


@contextlib.contextmanager
def exclusive(key: str, timeout_s: float = 6 * 3600.0) -> Iterator[None]:
    """Hold the lock of `key` (any string) in this checkout's state folder.

    A second holder waits, naming the pid it waits for. The kernel drops the lock of a process that
    dies, so a dead holder never blocks; finding its name in the file is said aloud. TimeoutError
    names who waited for whom.
    """
    path = room("locks") / f"{hashlib.sha256(key.encode()).hexdigest()[:32]}.lock"
    with open(path, "a+") as file:
        _acquire(file, key, timeout_s)
        _leave_name(file, key)
        try:
            yield
        finally:
            file.truncate(0)


def _acquire(file: IO[str], key: str, timeout_s: float) -> None:
    deadline = time.monotonic() + timeout_s
    told = False
    while True:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            break
        except BlockingIOError:
            holder = _holder(file)
            if not told:
                _say(f"waiting for process {holder.get('pid', '?')}, which is at the same work: {holder.get('key', key)}")
                told = True
            if time.monotonic() > deadline:
                raise TimeoutError(
                    f"process {os.getpid()} waited {timeout_s:.0f} s for process {holder.get('pid', '?')} to finish {key}"
                ) from None
            time.sleep(0.2)
    left_behind = _holder(file)
    if left_behind and not told:
        _say(f"process {left_behind['pid']} died holding the lock of {left_behind['key']}; its lock is broken, going on")


def _leave_name(file: IO[str], key: str) -> None:
    file.truncate(0)
    file.write(json.dumps({"pid": os.getpid(), "key": key}))
    file.flush()


def _holder(file: IO[str]) -> dict[str, str]:
    file.seek(0)
    try:
        return json.loads(file.read() or "{}")
    except ValueError:
        return {}


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)
