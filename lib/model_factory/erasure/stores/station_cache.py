"""The local cache of stations: entries that refer to what is rewritten would serve what is not there any more."""

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path

from model_factory.erasure.doomed import Doomed
from model_factory.erasure.store import Found
from model_factory.nouns.home import home

_FILE = "cache.db"


def find(doomed: Doomed) -> Sequence[Found]:
    entries = list(_entries(doomed))
    size = sum(size for _, _, size in entries)
    note = "dropped: the stations run again when they are asked"
    return [Found("station cache", "flyte-cache", len(entries), 0, size, note)] if entries else []


def erase(doomed: Doomed) -> None:
    """Drop every entry that names a snapshot with rows of theirs, as result or as where a result came from.

    A result that came from one has a key that no run can ask for again.
    """
    entries = list(_entries(doomed))
    if not entries:
        return
    with closing(_connected()) as cache:
        for row, filename, _ in entries:
            cache.execute("DELETE FROM Cache WHERE rowid = ?", (row,))
            if filename:
                (_folder() / filename).unlink(missing_ok=True)
        cache.commit()
        cache.execute("VACUUM")


def _entries(doomed: Doomed) -> Iterator[tuple[int, str, int]]:
    """(row, file beside the database or "", bytes) of each entry, read as diskcache lays them out."""
    names = [snapshot.digest.encode() for snapshot in doomed.snapshots]
    if not names or not (_folder() / _FILE).is_file():
        return
    with closing(_connected()) as cache:
        for row, filename, value in cache.execute("SELECT rowid, filename, value FROM Cache"):
            content = (_folder() / filename).read_bytes() if filename else value
            content = content if isinstance(content, bytes) else str(content).encode()
            if any(name in content for name in names):
                yield row, filename or "", len(content)


def _connected() -> sqlite3.Connection:
    return sqlite3.connect(_folder() / _FILE, timeout=60)


def _folder() -> Path:
    return home() / "flyte-cache"
