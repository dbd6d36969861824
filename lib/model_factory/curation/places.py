"""Where a document stands among all of one source and origin (a commit, a distribution): imported files before those
that import them, ties by path."""

from collections.abc import Iterable, Iterator
from itertools import groupby
from operator import itemgetter
from typing import Any

import pyarrow as pa

from model_factory.curation.sorter import Sorter
from model_factory.curation.sources.dependencies import dependency_order, import_statements

NAME_SCHEMA = pa.schema([(name, pa.string()) for name in ("source", "origin", "path", "doc_id", "imports")])
PLACE_SCHEMA = pa.schema([("doc_id", pa.string()), ("place", pa.int64())])


class Places:
    """Takes documents one by one and gives their places by doc_id. Of a repository's files the paths and imports are
    in memory at once; documents that are no programs stand by their paths and are not held."""

    def __init__(self, held_bytes: int) -> None:
        self._held_bytes = held_bytes
        self._names = Sorter(NAME_SCHEMA, ["source", "origin", "path"], held_bytes)
        self._repositories: set[tuple[str, str]] = set()

    def add(self, row: dict[str, Any]) -> None:
        name = {field: row[field] for field in ("source", "origin", "path", "doc_id")}
        if row["language"] == "python":
            self._repositories.add((row["source"], row["origin"]))
        self._names.add(name | {"imports": import_statements(row["text"]) if row["language"] == "python" else ""})

    def by_document(self) -> Iterator[int]:
        """The places, in the order of the ids."""
        placed = Sorter(PLACE_SCHEMA, ["doc_id"], self._held_bytes)
        for origin, names in groupby(self._names.rows(), itemgetter("source", "origin")):
            for doc_id, place in _of_repository(list(names)) if origin in self._repositories else _by_path(names):
                placed.add({"doc_id": doc_id, "place": place})
        return (row["place"] for row in placed.rows())


def _of_repository(names: list[dict[str, str]]) -> Iterator[tuple[str, int]]:
    order = dependency_order({name["path"]: name["imports"] for name in names})
    places = {path: place for place, path in enumerate(order)}
    return ((name["doc_id"], places[name["path"]]) for name in names)


def _by_path(names: Iterable[dict[str, str]]) -> Iterator[tuple[str, int]]:
    for place, (_, same) in enumerate(groupby(names, itemgetter("path"))):
        for name in same:
            yield name["doc_id"], place
