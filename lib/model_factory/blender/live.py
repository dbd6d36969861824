"""Tables that grow while they are read: writers append commits, named consumers take them in commit order.

A live table is an Iceberg table that is only appended to. The order of its rows is the order of Iceberg's
sequence numbers, of files in a commit and of rows in a file; so it is the same for every consumer and survives
expired snapshots. What a consumer has taken is a `Position`, written beside the table in one atomic step:
with it, whatever was committed to the table is given to each consumer exactly once.
"""

import fcntl
import json
import os
import shutil
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import pyarrow as pa
from pyiceberg.expressions import AlwaysTrue
from pyiceberg.io.pyarrow import ArrowScan
from pyiceberg.manifest import DataFile
from pyiceberg.table import FileScanTask, Table

from model_factory.blender.cache import WaitedTooLong
from model_factory.lake.blank import without_blank
from model_factory.lake.errors import SnapshotGone
from model_factory.lake.handle import open_table
from model_factory.lake.schema import normal
from model_factory.nouns.home import room

POLL_S = 0.05


@dataclass(frozen=True)
class Position:
    """Everything of commits before `commit` (an Iceberg sequence number) and `rows` rows of it are taken:
    `total` rows in all."""

    commit: int = 0
    rows: int = 0
    total: int = 0


@dataclass(frozen=True)
class Delivery:
    """Rows of one commit, and where the consumer stands once it has made something of them."""

    rows: pa.Table
    after: Position


class Consumer:
    """The one reader of a table under a name; ValueError names the process that has the name already.

    `take` gives rows, `commit` writes down that they were taken. A consumer that dies in between is given
    them again when it comes back, so what is made of rows and their position must last together: commit
    after it is safe, or keep `Delivery.after` in the same checkpoint and start with `position`.
    """

    def __init__(self, table: str, name: str, position: Position | None = None) -> None:
        self.table, self.name = table, name
        self._file = _folder(table) / f"{name}.json"
        self._lock = _only_one(table, name)
        if position is not None or not self._file.exists():
            self._write(position or Position())
        self.position = _read(self._file)
        self._read_ahead: tuple[int, pa.Table] | None = None

    def take(self, max_rows: int) -> Delivery | None:
        """The next rows of one commit, `max_rows` at most; None if all that is committed was taken.

        Rows of documents that were erased are blank: they are counted as taken and not given.
        """
        for commit, rows in self._commits():
            while (begun := self.position.rows if commit == self.position.commit else 0) < rows.num_rows:
                taken = rows.slice(begun, max_rows)
                total = self.position.total + taken.num_rows
                self.position = Position(commit, begun + taken.num_rows, total)
                given = without_blank(taken)
                if given.num_rows:
                    return Delivery(given, self.position)
        return None

    def wait(self, max_rows: int, timeout_s: float) -> Delivery:
        """`take`, as soon as there is something; WaitedTooLong after `timeout_s`."""
        deadline = time.monotonic() + timeout_s
        while True:
            found = self.take(max_rows)
            if found:
                return found
            if time.monotonic() > deadline:
                raise WaitedTooLong(
                    f"consumer {self.name} (process {os.getpid()}) waited {timeout_s:.0f} s for a commit to "
                    f"{self.table} after number {self.position.commit} ({self.position.total} rows taken); "
                    "see whether its writers run"
                )
            time.sleep(POLL_S)

    def commit(self, position: Position) -> None:
        """Write down that everything up to `position` is taken, in one atomic step."""
        self._write(position)

    def close(self) -> None:
        os.close(self._lock)

    def _write(self, position: Position) -> None:
        draft = self._file.with_suffix(".draft")
        with open(draft, "w") as file:
            json.dump(asdict(position), file)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(self._file)

    def _commits(self) -> Iterator[tuple[int, pa.Table]]:
        """Commits from the present one on; the one that is being taken is read from the lake once."""
        if self._read_ahead and self._read_ahead[0] == self.position.commit:
            yield self._read_ahead
        try:
            handle = open_table(self.table)
        except SnapshotGone:
            # Consumers may come before the first writer.
            return
        for commit, files in sorted(_files(handle, self.position.commit).items()):
            if not self._read_ahead or self._read_ahead[0] != commit:
                self._read_ahead = commit, _rows(handle, files)
                yield self._read_ahead


def lag(table: str) -> dict[str, int]:
    """Consumer → how many committed rows it has not taken yet."""
    current = open_table(table).current_snapshot()
    total = int(current.summary["total-records"] or 0) if current and current.summary else 0
    return {file.stem: total - _read(file).total for file in sorted(_folder(table).glob("*.json"))}


def consumers_at_work() -> list[str]:
    """ "name of table (process)" of every consumer that has a live table open."""
    found = []
    for lock in sorted((room("lake") / "live").glob("*/.lock-*")):
        descriptor = os.open(lock, os.O_RDWR)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = os.pread(descriptor, 32, 0).decode().strip()
            found.append(f"{lock.name.removeprefix('.lock-')} of {lock.parent.name} (process {holder})")
        finally:
            os.close(descriptor)
    return found


def dismiss(table: str, name: str) -> None:
    """Forget a consumer that will not come back: nothing waits for it any more."""
    (_folder(table) / f"{name}.json").unlink(missing_ok=True)


def forget(table: str) -> None:
    """Forget every consumer of a table that is no more."""
    shutil.rmtree(_folder(table))


def _files(handle: Table, since: int) -> dict[int, list[DataFile]]:
    """Sequence number → data files, of commits numbered `since` or later. Older manifests are not opened."""
    found: dict[int, list[DataFile]] = {}
    current = handle.current_snapshot()
    for manifest in current.manifests(handle.io) if current else []:
        if manifest.sequence_number >= since:
            for entry in manifest.fetch_manifest_entry(handle.io):
                if entry.sequence_number is not None and entry.sequence_number >= since:
                    found.setdefault(entry.sequence_number, []).append(entry.data_file)
    return found


def _rows(handle: Table, files: list[DataFile]) -> pa.Table:
    scan = ArrowScan(handle.metadata, handle.io, handle.schema(), AlwaysTrue())
    rows = pa.concat_tables([scan.to_table([FileScanTask(file)]) for file in files])
    return rows.cast(normal(rows.schema))


def _folder(table: str) -> Path:
    folder = room("lake") / "live" / table
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _read(file: Path) -> Position:
    return Position(**json.loads(file.read_text()))


def _only_one(table: str, name: str) -> int:
    descriptor = os.open(_folder(table) / f".lock-{name}", os.O_RDWR | os.O_CREAT, 0o644)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        holder = os.pread(descriptor, 32, 0).decode().strip() or "another process"
        os.close(descriptor)
        raise ValueError(
            f"consumer {name} of {table} is process {holder} already; end it, or give this one a name of its own"
        ) from None
    os.pwrite(descriptor, str(os.getpid()).encode().ljust(32), 0)
    return descriptor
