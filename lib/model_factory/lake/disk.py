"""Room on the disk that holds the warehouse."""

import errno
import shutil
from pathlib import Path
from urllib.parse import unquote, urlparse

from model_factory.lake.catalog import catalog
from model_factory.lake.errors import DiskFull
from model_factory.nouns.home import home

# Metadata, manifests and the catalog's own growth for one write.
METADATA_BYTES = 4 << 20


def require_free_disk(size_bytes: int, what: str = "this step") -> None:
    """Refuse to start what would not fit: DiskFull unless `size_bytes` and some metadata are free.

    The disk is the warehouse's where it is a local folder, and the state folder's in any case.
    """
    for folder in _local_folders():
        free = shutil.disk_usage(folder).free
        if free < size_bytes + METADATA_BYTES:
            raise DiskFull(
                errno.ENOSPC,
                f"{folder} has {_mib(free)} free and {what} needs {_mib(size_bytes + METADATA_BYTES)}; "
                "free some space (`factory clean` shows what can go) or point FACTORY_HOME at a larger disk",
            )


def is_full(error: Exception) -> bool:
    """Whether an error says that a disk or quota is used up, by errno or in SQLite's words."""
    full = isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT)
    return full or "disk is full" in str(error)


def _local_folders() -> set[Path]:
    location = urlparse(catalog().properties.get("warehouse", ""))
    warehouse = [Path(unquote(location.path))] if location.scheme in ("", "file") and location.path else []
    return {_existing(folder) for folder in [home(), *warehouse]}


def _existing(folder: Path) -> Path:
    while not folder.exists():
        folder = folder.parent
    return folder


def _mib(size_bytes: int) -> str:
    return f"{size_bytes / (1 << 20):.1f} MiB"
