"""Open tables, and commits that other writers may beat us to."""

import contextlib
import random
import time
from collections.abc import Callable
from typing import TypeVar

import pyarrow as pa
from pyiceberg.exceptions import (
    CommitFailedException,
    NoSuchNamespaceError,
    NoSuchTableError,
    TableAlreadyExistsError,
    ValidationException,
)
from pyiceberg.table import Table

from model_factory.lake.catalog import catalog, namespace
from model_factory.lake.errors import PublishConflict, SnapshotGone
from model_factory.lake.schema import normal

TRIES = 30
_PROPERTIES = {
    "format-version": "2",
    # A scan reads whole row groups, so they are kept small enough to skip.
    "write.parquet.row-group-limit": "8192",
    "write.parquet.compression-codec": "zstd",
    "write.metadata.delete-after-commit.enabled": "true",
    "write.metadata.previous-versions-max": "50",
}

T = TypeVar("T")


def open_table(table: str) -> Table:
    """The table as it is now; SnapshotGone if the lake has none of this name."""
    try:
        return catalog().load_table(table)
    except FileNotFoundError as error:
        raise SnapshotGone(
            f"the catalog knows table {table}, but its metadata is gone ({error}); "
            "put the warehouse's files back, or delete the state folder's lake and run the card again"
        ) from None
    except (NoSuchTableError, NoSuchNamespaceError):
        raise SnapshotGone(
            f"the lake with warehouse {catalog().properties.get('warehouse')} has no table {table}; run the card again "
            "to make it, or point FACTORY_HOME (or PYICEBERG_CATALOG__FACTORY__URI) at the lake that has it"
        ) from None


def open_or_create(table: str, schema: pa.Schema) -> Table:
    """The table, made from `schema` on first use, with a first snapshot that branches can start from."""
    namespace(table)
    lake = catalog()
    if not lake.table_exists(table):
        with contextlib.suppress(TableAlreadyExistsError):
            lake.create_table(table, schema=normal(schema), properties=_PROPERTIES)
    handle = lake.load_table(table)
    retried(lambda: _first_snapshot(handle.refresh()), f"making table {table}")
    return handle


def retried(commit: Callable[[], T], what: str) -> T:
    """Call `commit` until no other writer comes between, at most TRIES times; then PublishConflict.

    `commit` starts from a refreshed handle each time.
    """
    cause: Exception | None = None
    for attempt in range(TRIES):
        try:
            return commit()
        except Exception as error:
            if not is_conflict(error):
                raise
            cause = error
            time.sleep(random.uniform(0, min(1.0, 0.02 * 2**attempt)))
    raise PublishConflict(
        f"{what}: other writers committed first {TRIES} times in a row; "
        "let them finish and run again, or give the writers tables of their own"
    ) from cause


def is_conflict(error: Exception) -> bool:
    """Whether a commit was refused, for certain, because another writer's came first."""
    # pyiceberg checks that the branch stands still but numbers snapshots over the whole table: a commit
    # to another branch in between is refused with this ValueError.
    stale_number = isinstance(error, ValueError) and str(error).startswith("Cannot add snapshot with sequence number")
    return stale_number or isinstance(error, (CommitFailedException, ValidationException))


def _first_snapshot(handle: Table) -> None:
    if handle.current_snapshot() is None:
        handle.append(handle.schema().as_arrow().empty_table())
