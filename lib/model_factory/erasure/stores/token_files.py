"""Token files of packed sequences: made from the snapshots that are rewritten, and made again from what is left."""

from collections.abc import Sequence

from model_factory.blender.cache import token_cache
from model_factory.erasure.doomed import Doomed
from model_factory.erasure.store import Found


def find(doomed: Doomed) -> Sequence[Found]:
    folders = [folder for digest in _digests(doomed) for folder in token_cache().folders(digest)]
    files = [path for folder in folders for path in folder.rglob("*") if path.is_file()]
    size = sum(path.stat().st_size for path in files)
    note = "removed: made again from the lake when they are asked for"
    return [Found("token files", "lake/tokens", 0, len(files), size, note)] if files else []


def erase(doomed: Doomed) -> None:
    for digest in _digests(doomed):
        token_cache().forget(digest)


def _digests(doomed: Doomed) -> set[str]:
    return {snapshot.digest for snapshot in doomed.snapshots}
