"""Read a snapshot, always by its id: main may have moved on since."""

import os
from typing import TYPE_CHECKING

import pyarrow as pa
from pyiceberg.table import DataScan, Table

from model_factory.lake import properties
from model_factory.lake.errors import SnapshotGone
from model_factory.lake.handle import open_table
from model_factory.lake.schema import normal
from model_factory.nouns import Snapshot

if TYPE_CHECKING:
    import polars


def read(snapshot: Snapshot, columns: list[str] | None = None, row_filter: str | None = None) -> pa.Table:
    """The rows of a snapshot in the order they were written; only `columns`, in that order, where given.

    `row_filter` is an Iceberg expression such as "kept = true and source in ('stdlib')"; row groups
    that cannot match are not read. SnapshotGone if the snapshot or its files are no longer there;
    KeyError names a column it does not have.
    """
    scan = _scan(open_existing(snapshot), snapshot, columns, row_filter)
    try:
        rows = scan.to_arrow()
    except FileNotFoundError as error:
        raise gone(snapshot, f"its file {error.filename or error} is missing") from error
    rows = rows.select(columns or rows.column_names)
    return rows.cast(normal(rows.schema))


def scan(snapshot: Snapshot) -> "polars.LazyFrame":
    """The same rows as a lazy polars frame: what the query does not need is not read."""
    # polars otherwise asks for a plugin of its own on every scan.
    os.environ.setdefault("POLARS_ICEBERG_PLANNER", "pyiceberg")
    import polars

    table = open_existing(snapshot)
    # The native reader wants cloud credentials in its own spelling; pyiceberg's has them already.
    reader = "native" if table.location().startswith("file:") else "pyiceberg"
    return polars.scan_iceberg(table, snapshot_id=snapshot.snapshot_id, reader_override=reader)


def open_existing(snapshot: Snapshot) -> Table:
    """The snapshot's table; SnapshotGone unless it still holds the snapshot."""
    try:
        table = open_table(snapshot.table)
    except SnapshotGone as error:
        raise gone(snapshot, str(error)) from None
    if table.snapshot_by_id(snapshot.snapshot_id) is None:
        raise gone(snapshot, _why_gone(table, snapshot))
    return table


def _why_gone(table: Table, snapshot: Snapshot) -> str:
    rest = properties.left_of(table, snapshot.table, snapshot.snapshot_id)
    if rest:
        return f"documents were erased from it (what is left is {snapshot.table}@{rest.snapshot_id})"
    return "the table no longer holds it: it was expired, or written in another lake"


def gone(snapshot: Snapshot, why: str) -> SnapshotGone:
    """The error for a snapshot that cannot be read, with the way to have it again."""
    lineage = snapshot.lineage
    return SnapshotGone(
        f"snapshot {snapshot.table}@{snapshot.snapshot_id} ({snapshot.num_rows} rows, digest {snapshot.digest[:12]}) "
        f"cannot be read: {why}; rebuild it with `factory rerun {lineage.run_digest[:12]} --from {lineage.station}`"
    )


def _scan(table: Table, snapshot: Snapshot, columns: list[str] | None, row_filter: str | None) -> DataScan:
    scan = table.scan(snapshot_id=snapshot.snapshot_id)
    if columns is not None:
        held = [field.name for field in scan.projection().fields]
        unknown = [name for name in columns if name not in held]
        if unknown:
            raise KeyError(f"{snapshot.table} has no column {unknown[0]!r}; it has: {', '.join(held)}")
        scan = scan.select(*columns)
    return scan.filter(row_filter) if row_filter else scan
