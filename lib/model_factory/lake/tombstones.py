"""What must not come in again, as hashes: neither a text nor a path can be read from them.

They stand in a table of the lake, so that every process that writes to the lake sees them. Whoever has a text can
ask whether it was erased; nobody can get a text back.
"""

import hashlib
import os
from collections.abc import Collection

import pyarrow as pa

from model_factory.lake.catalog import catalog
from model_factory.lake.handle import open_or_create, open_table, retried
from model_factory.nouns.home import home

TABLE = "erasure.tombstones"
_COLUMN = "tombstone"


def tombstone(kind: str, value: str) -> str:
    """64 hex digits that stand for a document's id (kind "doc_id") or its text (kind "text")."""
    return hashlib.sha256(f"model-factory erased {kind}\0{value}".encode()).hexdigest()


def tombstones() -> frozenset[str]:
    """All of them; none where there is no lake yet."""
    configured = any(name.startswith("PYICEBERG_CATALOG__") for name in os.environ)
    if not configured and not (home() / "lake" / "catalog.db").exists():
        return frozenset()
    if not catalog().table_exists(TABLE):
        return frozenset()
    return frozenset(open_table(TABLE).scan().to_arrow()[_COLUMN].to_pylist())


def bury(found: Collection[str]) -> None:
    """Add tombstones, in one commit; those that are there already are not added again. None is ever removed."""

    def commit() -> None:
        missing = sorted(set(found) - tombstones())
        if missing:
            handle = open_or_create(TABLE, pa.schema([(_COLUMN, pa.string())]))
            handle.append(pa.table({_COLUMN: missing}))

    retried(commit, f"adding to {TABLE}")
