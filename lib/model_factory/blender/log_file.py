"""A blend log on disk: a header, then a line an entry; lines are only ever added."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from model_factory.blender.log import BlendLog, Entry, amended, decode, encode_entry, encode_header


def open_log(path: Path, opening: BlendLog) -> BlendLog:
    """The log at `path`, with `opening`, the card's own blend, written there if there is none yet.

    ValueError if the file belongs to a run that opened otherwise. A line that a crash left half-written
    was never in force and is passed over.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with _locked(path) as descriptor:
        lines = _lines(descriptor)
        if len(lines) < 2:
            _rewrite(descriptor, [encode_header(opening), *map(encode_entry, opening.entries)])
            return opening
    found = decode(lines)
    if (found.seed, found.interleave, found.entries[0]) != (opening.seed, opening.interleave, opening.entries[0]):
        raise ValueError(
            f"{path} opens with seed {found.seed}, {found.interleave}, {encode_entry(found.entries[0])}, this run "
            f"with seed {opening.seed}, {opening.interleave}, {encode_entry(opening.entries[0])}; "
            "give the run a log of its own"
        )
    return found


def amend(path: Path, entry: Entry) -> BlendLog:
    """Add an entry and return the log with it, on disk before this returns; CardError if it does not fit."""
    with _locked(path) as descriptor:
        log = amended(decode(_lines(descriptor)), entry)
        end = sum(len(line.encode()) + 1 for line in _lines(descriptor))
        os.truncate(descriptor, end)
        os.pwrite(descriptor, f"{encode_entry(entry)}\n".encode(), end)
        os.fsync(descriptor)
    return log


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


def _rewrite(descriptor: int, lines: list[str]) -> None:
    os.truncate(descriptor, 0)
    os.pwrite(descriptor, "".join(f"{line}\n" for line in lines).encode(), 0)
    os.fsync(descriptor)
