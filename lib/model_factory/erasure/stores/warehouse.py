"""Files in the warehouse that belong to no table: those of tables that were dropped."""

from collections.abc import Sequence

from model_factory.erasure.doomed import Doomed
from model_factory.erasure.store import Found
from model_factory.lake.unreferenced import remove_strays, strays


def find(doomed: Doomed) -> Sequence[Found]:
    files = list(strays())
    size = sum(path.stat().st_size for path in files)
    return [Found("warehouse", "files of no table", 0, len(files), size, "removed")] if files else []


def erase(doomed: Doomed) -> None:
    remove_strays()
