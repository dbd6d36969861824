"""Token files in object storage: put there once, read in blocks through a bounded local cache.

For snapshots that are larger than a node's disk: a row is fetched with its block (`block_bytes`), the blocks of
a batch at the same time, and those used longest ago make room.
"""

import contextlib
import json
import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as FutureTimeout
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import Any

import fsspec
import numpy as np

from model_factory.blender.cache import WaitedTooLong
from model_factory.blender.tokens import COMPLETE, INDEX, TOKENS, Tokens, joined, open_index

BLOCK_BYTES = 1 << 20
MAX_BYTES = 16 << 30
TIMEOUT_S = 120.0


def share(folder: Path, url: str) -> None:
    """Copy a folder of tokens to any fsspec URL, the marker last; harmless where it is there already."""
    files, root = _connect(url)
    if files.exists(f"{root}/{COMPLETE}"):
        return
    files.makedirs(root, exist_ok=True)
    for name in (TOKENS, INDEX, COMPLETE):
        files.put_file(str(folder / name), f"{root}/{name}")


@dataclass(frozen=True)
class Limits:
    """How a process reads a shared folder: bytes a block, bytes of the local cache, seconds for a fetch."""

    block_bytes: int = BLOCK_BYTES
    max_bytes: int = MAX_BYTES
    timeout_s: float = TIMEOUT_S


def open_shared(url: str, local: Path, limits: Limits) -> Tokens:
    """The tokens at `url`; blocks are kept under `local`, which processes of one node may share.

    The index is copied whole: 4 bytes a document and about 60 a row. FileNotFoundError unless the copy at
    `url` is whole.
    """
    files, root = _connect(url)
    if not files.exists(f"{root}/{COMPLETE}"):
        raise FileNotFoundError(f"{url} holds no finished token files; put them there with `share`")
    about = json.loads(files.cat_file(f"{root}/{COMPLETE}"))
    folder = local / f"{about['digest']}-{about['split']}.blocks"
    folder.mkdir(parents=True, exist_ok=True)
    if not (folder / INDEX).exists():
        _placed(folder / INDEX, files.cat_file(f"{root}/{INDEX}"))
    dtype = np.dtype(about["dtype"])
    blocks = _Blocks(files, f"{root}/{TOKENS}", about["num_tokens"] * dtype.itemsize, folder, limits)

    def gather(starts: np.ndarray, lengths: np.ndarray) -> np.ndarray:
        runs = blocks.read(starts * dtype.itemsize, (starts + lengths) * dtype.itemsize)
        return joined([np.frombuffer(run, dtype) for run in runs], dtype)

    return Tokens(about["digest"], open_index(folder / INDEX), gather)


class _Blocks:
    """Byte ranges of one remote file."""

    def __init__(self, files: Any, path: str, size: int, folder: Path, limits: Limits) -> None:
        self.files, self.path, self.size, self.folder, self.limits = files, path, size, folder, limits
        self._fetcher = ThreadPoolExecutor(4, thread_name_prefix="blocks")
        self._keeping, self._unchecked = Lock(), limits.max_bytes

    def read(self, first: np.ndarray, last: np.ndarray) -> list[bytes]:
        each = self.limits.block_bytes
        spans = [range(start // each, -(-end // each)) for start, end in zip(first, last, strict=True)]
        blocks = self._blocks(sorted({block for span in spans for block in span}))
        found = []
        for span, start, end in zip(spans, first, last, strict=True):
            whole = blocks[span[0]] if len(span) == 1 else b"".join(blocks[block] for block in span)
            found.append(whole[start - span[0] * each : end - span[0] * each])
        return found

    def _blocks(self, numbers: list[int]) -> dict[int, bytes]:
        found = {number: content for number in numbers if (content := self._kept(number)) is not None}
        missing = [number for number in numbers if number not in found]
        if missing:
            fetched = dict(zip(missing, self._fetched(missing), strict=True))
            found |= fetched
            with self._keeping:
                for number, content in fetched.items():
                    _placed(self.folder / str(number), content)
                self._make_room(sum(map(len, fetched.values())))
        return found

    def _kept(self, number: int) -> bytes | None:
        path = self.folder / str(number)
        try:
            content = path.read_bytes()
        except FileNotFoundError:
            return None
        with contextlib.suppress(FileNotFoundError):
            os.utime(path)
        return content

    def _fetched(self, numbers: list[int]) -> list[bytes]:
        each = self.limits.block_bytes
        starts = [number * each for number in numbers]
        ends = [min(start + each, self.size) for start in starts]
        future = self._fetcher.submit(self.files.cat_ranges, [self.path] * len(starts), starts, ends)
        try:
            found = future.result(self.limits.timeout_s)
        except FutureTimeout:
            raise WaitedTooLong(
                f"process {os.getpid()} waited {self.limits.timeout_s:.0f} s for {len(numbers)} blocks of {self.path} "
                f"({self.files.protocol}); see whether the storage answers, or allow it more time"
            ) from None
        for start, end, content in zip(starts, ends, found, strict=True):
            if len(content) != end - start:
                raise OSError(
                    f"{self.path} gave {len(content)} bytes for {start} to {end}: it was cut off; share it again"
                )
        return found

    def _make_room(self, added: int) -> None:
        """Looked at after every eighth of the bound, and brought to three quarters: so it holds for a few
        processes that share the folder."""
        self._unchecked += added
        if self._unchecked < self.limits.max_bytes / 8:
            return
        self._unchecked = 0
        kept = sorted(_files(self.folder))
        total = sum(size for _, size, _ in kept)
        for _, size, path in kept:
            if total <= self.limits.max_bytes * 3 / 4:
                return
            path.unlink(missing_ok=True)
            total -= size


def _files(folder: Path) -> Iterator[tuple[int, int, Path]]:
    """(time of last use, bytes, path) of every block; others may remove some meanwhile."""
    for entry in os.scandir(folder):
        with contextlib.suppress(FileNotFoundError):
            if entry.name.isdigit():
                yield entry.stat().st_mtime_ns, entry.stat().st_size, Path(entry.path)


def _connect(url: str) -> tuple[Any, str]:
    files, root = fsspec.core.url_to_fs(url)
    return files, root.rstrip("/")


def _placed(path: Path, content: bytes) -> None:
    draft = path.with_name(f".{path.name}.{os.getpid()}-{id(content)}")
    draft.write_bytes(content)
    draft.replace(path)
