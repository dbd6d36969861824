"""Token files of snapshots on the local disk: made once, shared by processes, bounded."""

import fcntl
import os
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from model_factory.blender.build import build
from model_factory.blender.tokens import COMPLETE, Tokens, open_folder
from model_factory.nouns import Snapshot
from model_factory.nouns.home import room

# Longer than a token file of this disk's size takes to write.
BUILD_TIMEOUT_S = 3600.0
MAX_BYTES = 64 << 30
_POLL_S = 0.05


class WaitedTooLong(TimeoutError):
    """Somebody waited for something and it did not come; the message says who, for what and for how long."""


@dataclass(frozen=True)
class Cache:
    """A folder of token files, one a (snapshot, split), named by the content's digest.

    Beyond `max_bytes` those that were opened longest ago go, unless a process has them open.
    """

    folder: Path
    max_bytes: int = MAX_BYTES
    timeout_s: float = BUILD_TIMEOUT_S

    def open(self, snapshot: Snapshot, split: str) -> Tokens:
        """The tokens of a split, made from the snapshot if no process made them before.

        Processes that come at the same time wait for the first. WaitedTooLong names it.
        """
        folder = self.place(snapshot, split)
        self.folder.mkdir(parents=True, exist_ok=True)
        with self._locked(folder, f"the tokens of {snapshot.table}@{snapshot.snapshot_id} ({split})"):
            if not (folder / COMPLETE).exists():
                shutil.rmtree(folder, ignore_errors=True)
                build(snapshot, split, folder, self.max_bytes)
            os.utime(folder / COMPLETE)
            _hold(folder)
            found = open_folder(folder)
        self._evict(folder)
        return found

    def place(self, snapshot: Snapshot, split: str) -> Path:
        """Where the files of a split lie once they are made."""
        return self.folder / f"{snapshot.digest}-{split}"

    def forget(self, digest: str) -> int:
        """Remove every file made from a snapshot, whoever reads it; returns how many bytes they were."""
        folders = self.folders(digest)
        size = sum(_size(folder) for folder in folders)
        for folder in folders:
            _remove(folder)
        return size

    def folders(self, digest: str) -> list[Path]:
        """Everything made from a snapshot: whole, being written, or blocks of a shared copy."""
        return list(self.folder.glob(f"{digest}-*")) + list(self.folder.glob(f".{digest}-*"))

    @contextmanager
    def _locked(self, folder: Path, what: str) -> Iterator[None]:
        lock = os.open(self.folder / f".lock-{folder.name}", os.O_RDWR | os.O_CREAT, 0o644)
        deadline = time.monotonic() + self.timeout_s
        try:
            while not _try(lock, fcntl.LOCK_EX):
                if time.monotonic() > deadline:
                    holder = os.pread(lock, 32, 0).decode() or "another process"
                    raise WaitedTooLong(
                        f"process {os.getpid()} waited {self.timeout_s:.0f} s for process {holder} to make {what} in "
                        f"{self.folder}; see what it does, or end it and run again"
                    )
                time.sleep(_POLL_S)
            os.pwrite(lock, str(os.getpid()).encode().ljust(32), 0)
            yield
        finally:
            os.close(lock)

    def _evict(self, newest: Path) -> None:
        # Those that begin with a dot are being written.
        folders = [path.parent for path in self.folder.glob(f"[!.]*/{COMPLETE}")]
        sizes = {folder: _size(folder) for folder in folders}
        total = sum(sizes.values())
        for folder in sorted(sizes, key=_last_opened):
            if total <= self.max_bytes:
                return
            if folder != newest and not _is_held(folder):
                _remove(folder)
                total -= sizes[folder]


def token_cache() -> Cache:
    """The cache beside this checkout's lake."""
    return Cache(room("lake") / "tokens")


# Folder → descriptor with a shared lock, which says that this process reads it; the kernel ends it with us.
_held: dict[Path, int] = {}


def _hold(folder: Path) -> None:
    descriptor = os.open(folder / COMPLETE, os.O_RDONLY)
    fcntl.flock(descriptor, fcntl.LOCK_SH)
    before = _held.pop(folder, None)
    if before is not None:
        os.close(before)
    _held[folder] = descriptor


def _is_held(folder: Path) -> bool:
    try:
        descriptor = os.open(folder / COMPLETE, os.O_RDONLY)
    except FileNotFoundError:
        return False
    try:
        return not _try(descriptor, fcntl.LOCK_EX)
    finally:
        os.close(descriptor)


def _try(descriptor: int, kind: int) -> bool:
    try:
        fcntl.flock(descriptor, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _remove(folder: Path) -> None:
    """The marker first: a folder that is half gone is not taken for whole."""
    (folder / COMPLETE).unlink(missing_ok=True)
    shutil.rmtree(folder, ignore_errors=True)


def _size(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.glob("*"))


def _last_opened(folder: Path) -> float:
    marker = folder / COMPLETE
    return marker.stat().st_mtime if marker.exists() else 0.0
