"""Read a snapshot, always by its id: main may have moved on since."""

import os
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.dataset as ds
import pyarrow.parquet as pq
from pyiceberg.expressions.visitors import bind
from pyiceberg.io.pyarrow import expression_to_pyarrow
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


def batches(
    snapshot: Snapshot, columns: list[str] | None = None, row_filter: str | None = None
) -> Iterator[pa.RecordBatch]:
    """The rows of `read` in its order, a row group at a time: never more of them are in memory.

    pyiceberg's own reader of batches holds whole files, all of them at once.
    """
    scan = _scan(open_existing(snapshot), snapshot, columns, row_filter)
    schema = scan.table_metadata.schema()
    condition = expression_to_pyarrow(bind(schema, scan.row_filter, case_sensitive=True)) if row_filter else None
    wanted = columns or [field.name for field in scan.projection().fields]
    try:
        for task in scan.plan_files():
            with scan.io.new_input(task.file.file_path).open() as file:
                yield from _row_groups(file, wanted, condition)
    except FileNotFoundError as error:
        raise gone(snapshot, f"its file {error.filename or error} is missing") from error


def _row_groups(file: Any, columns: list[str], condition: ds.Expression | None) -> Iterator[pa.RecordBatch]:
    """Row groups one by one; those that cannot match by their statistics are not read."""
    fragment = ds.ParquetFileFormat().make_fragment(file)
    groups = [group.id for group in (fragment.subset(condition) if condition is not None else fragment).row_groups]
    parquet = pq.ParquetFile(file, pre_buffer=False)
    names = columns if condition is None else parquet.schema_arrow.names
    for group in groups:
        rows = parquet.read_row_group(group, names, use_threads=False)
        rows = (rows if condition is None else rows.filter(condition)).select(columns)
        yield from rows.cast(normal(rows.schema)).combine_chunks().to_batches()


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
