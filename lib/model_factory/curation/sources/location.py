"""Where a raw file's bytes lie: on a disk, behind a URL."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, Protocol


class Location(Protocol):
    """`size` in bytes without reading them; `open` gives a seekable stream. Both raise OSError."""

    def size(self) -> int: ...

    def open(self) -> BinaryIO: ...


@dataclass(frozen=True)
class LocalFile:
    path: Path

    def size(self) -> int:
        return self.path.stat().st_size

    def open(self) -> BinaryIO:
        return self.path.open("rb")


@dataclass(frozen=True)
class UrlFile:
    """A path in an fsspec file system."""

    filesystem: Any
    path: str

    def size(self) -> int:
        return int(self.filesystem.size(self.path))

    def open(self) -> BinaryIO:
        return self.filesystem.open(self.path, "rb")
