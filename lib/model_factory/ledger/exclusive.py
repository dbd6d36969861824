"""One process at a time."""

import fcntl
import json
import os
import re
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO

from model_factory.nouns.home import room

# Seconds between two looks at a lock that another process holds, and between two words about it.
_LOOK_EVERY_S = 0.1
_SAY_EVERY_S = 30.0


@contextmanager
def exclusive(key: str, timeout_s: float = 24 * 3600.0, run: str = "") -> Iterator[None]:
    """Hold the lock `key` of this checkout for `run`; a second holder waits, saying for whom.

    The lock is the kernel's, so that it falls with its holder; what a dead holder left is said.
    Not reentrant. TimeoutError after `timeout_s` names the holder.
    """
    path = room("locks") / f"{re.sub(r'[^A-Za-z0-9._-]', '_', key)[:100]}.lock"
    with open(path, "a+") as file:
        _wait(file, key, timeout_s)
        left = _holder(file)
        if left:
            print(f"lock {key}: its holder, {left}, died without releasing it; taken over", file=sys.stderr)
        _write(file, {"pid": os.getpid(), "run": run or os.environ.get("MODEL_FACTORY_RUN", "")})
        try:
            yield
        finally:
            _write(file, None)


def _wait(file: IO[str], key: str, timeout_s: float) -> None:
    started = said = time.monotonic()
    first = True
    while True:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return
        except BlockingIOError:
            now = time.monotonic()
        who = f"{_holder(file) or 'a process that has just started'}, which holds lock {key} ({file.name})"
        if now - started > timeout_s:
            raise TimeoutError(
                f"process {os.getpid()} waited {timeout_s:g} s for {who}; end that process or wait for it"
            )
        if now - started > 1 and (first or now - said > _SAY_EVERY_S):
            print(f"waiting for {who}", file=sys.stderr)
            first, said = False, now
        time.sleep(_LOOK_EVERY_S)


def _holder(file: IO[str]) -> str:
    """The process and run that the lock's file names, in words; "" if it names none."""
    file.seek(0)
    try:
        holder = json.loads(file.read() or "{}")
    except ValueError:
        return ""
    return f"process {holder['pid']}" + (f" of run {holder['run']}" if holder["run"] else "") if holder else ""


def _write(file: IO[str], holder: dict[str, object] | None) -> None:
    file.seek(0)
    file.truncate()
    file.write(json.dumps(holder) if holder else "")
    file.flush()
