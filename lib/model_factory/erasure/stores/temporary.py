"""Temporary files: nobody knows what a process that died left in them, so all of them go."""

import shutil
from collections.abc import Sequence

from model_factory.erasure.doomed import Doomed
from model_factory.erasure.store import Found
from model_factory.nouns.home import home


def find(doomed: Doomed) -> Sequence[Found]:
    files = [path for path in (home() / "tmp").rglob("*") if path.is_file() and not path.is_symlink()]
    size = sum(path.stat().st_size for path in files)
    return [Found("temporary files", "tmp", 0, len(files), size, "removed")] if files else []


def erase(doomed: Doomed) -> None:
    for path in (home() / "tmp").iterdir() if (home() / "tmp").is_dir() else []:
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)
