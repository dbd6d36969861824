"""Live tables: rows are blanked where they stand, since consumers count rows and commits."""

from collections.abc import Iterator, Sequence

from model_factory import lake
from model_factory.blender.append import carried
from model_factory.erasure.doomed import Doomed
from model_factory.erasure.store import Found
from model_factory.lake.blank import blank
from model_factory.lake.erase import is_whole
from model_factory.lake.handle import open_table


def find(doomed: Doomed) -> Sequence[Found]:
    found = []
    for table in _appended(doomed):
        handle, held = open_table(table), doomed.holders(table)
        size = sum(len(handle.io.new_input(path)) for path in held.files)
        found.append(
            Found("live tables", table, sum(held.files.values()), len(held.files), size, "rows blanked in their place")
        )
    return found


def erase(doomed: Doomed) -> None:
    for table in list(_appended(doomed)):
        blank(table, doomed.doc_ids, carried)


def _appended(doomed: Doomed) -> Iterator[str]:
    """Tables with rows of theirs that came commit by commit."""
    for table in lake.tables():
        if doomed.holders(table).naming and not is_whole(open_table(table), doomed.holders(table)):
            yield table
