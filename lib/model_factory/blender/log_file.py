"""A blend log on disk: a header, then a line an entry; lines are only ever added.

Beside it stands the step that the run draws at present (`.begun`). Both are looked at and changed under one
lock: an amendment holds from a step that no process has drawn, or it is refused.
"""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from model_factory.blender.log import BlendLog, Entry, amended, decode, encode, encode_entry
from model_factory.cards.errors import CardError
from model_factory.nouns.home import room

# No step is being drawn yet.
NONE = -1


def log_path(run_digest: str, key: str) -> Path:
    """Where a run's log for the station with this key lies."""
    return room("checkpoints") / "blends" / f"{run_digest[:32]}-{key[:16]}.jsonl"


def open_log(path: Path, opening: BlendLog) -> BlendLog:
    """The log at `path`, with `opening`, the card's own blend, written there if there is none yet.

    ValueError if the file belongs to a run that opened otherwise. A line that a crash left half-written
    was never in force and is passed over.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with _locked(path) as descriptor:
        lines = _lines(descriptor)
        if len(lines) < 2:
            _rewrite(descriptor, encode(opening))
            return opening
        found = decode(lines)
        common = min(len(found.entries), len(opening.entries))
        if replace(found, entries=found.entries[:common]) != replace(opening, entries=opening.entries[:common]):
            raise ValueError(
                f"{path} opens with {_opening(found)}, this run with {_opening(opening)}; give the run a log of its own"
            )
        if common < len(opening.entries):
            # Cut off by a crash while it was first written.
            _rewrite(descriptor, encode(opening))
            return opening
    return found


def read_log(path: Path) -> BlendLog | None:
    """The log at `path`; None where no run has opened it."""
    if not path.exists():
        return None
    with _locked(path) as descriptor:
        lines = _lines(descriptor)
    return decode(lines) if len(lines) > 1 else None


def begin(path: Path, step: int) -> BlendLog:
    """Say that `step` is about to be drawn, so that no amendment can hold from it any more; the log it is drawn by."""
    with _locked(path) as descriptor:
        if begun(path) < step:
            _say(_begun_file(path), step)
        return decode(_lines(descriptor))


def begun(path: Path) -> int:
    """The last step that the run has begun to draw; NONE before the first."""
    file = _begun_file(path)
    return int(file.read_text()) if file.exists() and file.stat().st_size else NONE


def amend(path: Path, entry: Entry, soonest: bool = False, before: int | None = None) -> BlendLog:
    """Add an entry and return the log with it, on disk before this returns.

    With `soonest` it holds from the first step that it can, whatever `entry.step` says. CardError if it does not
    fit, if its step has begun, or if it is not `before` the step at which the run ends.
    """
    with _locked(path) as descriptor:
        lines = _lines(descriptor)
        log, first = decode(lines), begun(path) + 1
        if soonest:
            entry = replace(entry, step=max(first, log.entries[-1].step + 1))
        if entry.step < first:
            raise CardError(
                f"amendment at step {entry.step}: the run draws step {first - 1} already; amend from step {first} on, "
                "or leave the step out for the soonest"
            )
        if before is not None and entry.step >= before:
            raise CardError(
                f"amendment at step {entry.step}: the run ends with step {before - 1} and draws step {first - 1}; "
                "write `pretrain.amendments` into a card and run that"
            )
        log = amended(log, entry)
        end = sum(len(line.encode()) + 1 for line in lines)
        os.truncate(descriptor, end)
        os.pwrite(descriptor, f"{encode(log).splitlines()[-1]}\n".encode(), end)
        os.fsync(descriptor)
    return log


def withdraw(path: Path) -> None:
    """Forget a log: the run's next start is the card's own again. What was trained by it stays where it is."""
    for file in (path, _begun_file(path)):
        file.unlink(missing_ok=True)


def _opening(log: BlendLog) -> str:
    return f"seed {log.seed}, {log.interleave}, {encode_entry(log.entries[0])}"


def _begun_file(path: Path) -> Path:
    return path.with_suffix(".begun")


def _say(file: Path, step: int) -> None:
    """One write over the number before: whoever is killed leaves the old number or the new one."""
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT, 0o644)
    try:
        os.pwrite(descriptor, f"{step:<19}\n".encode(), 0)
    finally:
        os.close(descriptor)


@contextmanager
def _locked(path: Path) -> Iterator[int]:
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield descriptor
    finally:
        os.close(descriptor)


def _lines(descriptor: int) -> list[str]:
    """The whole lines; what stands behind the last line's end was cut off by a crash."""
    content = os.pread(descriptor, os.fstat(descriptor).st_size, 0)
    return content[: content.rfind(b"\n") + 1].decode().splitlines()


def _rewrite(descriptor: int, text: str) -> None:
    os.truncate(descriptor, 0)
    os.pwrite(descriptor, text.encode(), 0)
    os.fsync(descriptor)
