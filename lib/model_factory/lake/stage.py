"""Write rows to a branch of a table, where they wait for their audit."""

import errno
from collections.abc import Iterator
from contextlib import contextmanager

import pyarrow as pa
from pyiceberg.exceptions import CommitFailedException
from pyiceberg.manifest import DataFile
from pyiceberg.table import Table

from model_factory.lake import properties
from model_factory.lake.content import digest as digest_of_rows
from model_factory.lake.disk import is_full, require_free_disk
from model_factory.lake.errors import DiskFull
from model_factory.lake.files import write_files
from model_factory.lake.handle import is_conflict, open_or_create, open_table, retried
from model_factory.lake.outputs import Outputs
from model_factory.lake.schema import fit
from model_factory.nouns import Lineage, Snapshot, digest_of


def stage(table: str, rows: pa.Table | pa.RecordBatchReader, lineage: Lineage, label: str = "") -> Snapshot:
    """Replace the rows of `table` by `rows` on a branch of their own; main stays as it is.

    Rows of a reader are written as they come: one row group of them is in memory. The branch starts at
    main's head and is named by `label` (by default the station), lineage and content: staged twice, equal
    rows with equal lineage give the same snapshot. The table is made on first use; new columns are added
    to it. SchemaChanged when a column is missing or has another type; DiskFull when the rows do not fit,
    with nothing of them left behind.
    """
    label = label or lineage.station
    known = digest_of_rows(rows) if isinstance(rows, pa.Table) else ""
    if isinstance(rows, pa.Table):
        require_free_disk(rows.nbytes, f"writing {rows.num_rows} rows to {table}")
    handle = open_or_create(table, rows.schema)
    wanted = retried(lambda: fit(handle.refresh(), table, rows.schema), f"adding columns to {table}")
    staged = known and _staged(handle, table, _branch(label, lineage, known), lineage, known)
    if staged:
        return staged
    with _outputs(handle, table, _size(rows)) as outputs:
        written = write_files(handle, wanted, rows.to_batches() if isinstance(rows, pa.Table) else rows)
        branch = _branch(label, lineage, written.digest)
        staged = not known and _staged(handle, table, branch, lineage, written.digest)
        if staged:
            outputs.remove()
            return staged
        values = properties.encode(lineage, written.num_rows, written.digest)
        what = f"writing to branch {branch} of {table}"
        return retried(lambda: _commit(handle.refresh(), table, branch, written.files, values), what)


def restage(handle: Table, candidate: Snapshot) -> Snapshot:
    """Commit a candidate's files again, on a branch that starts at main's present head."""
    branch = f"{candidate.branch}-again"
    if branch in handle.refs():
        handle.manage_snapshots().remove_branch(branch).commit()
    values = properties.encode(candidate.lineage, candidate.num_rows, candidate.digest, candidate.snapshot_id)
    files = [one.file for one in handle.scan(snapshot_id=candidate.snapshot_id).plan_files()]
    return _commit(handle, candidate.table, branch, files, values)


def discard(candidate: Snapshot) -> None:
    """Remove a candidate's branch. Its rows stay readable by snapshot until the table is expired."""
    handle = open_table(candidate.table)

    def remove() -> None:
        if candidate.branch != "main" and candidate.branch in handle.refresh().refs():
            handle.manage_snapshots().remove_branch(candidate.branch).commit()

    retried(remove, f"removing branch {candidate.branch} of {candidate.table}")


def _staged(handle: Table, table: str, branch: str, lineage: Lineage, content: str) -> Snapshot | None:
    """The snapshot of an earlier, equal call, so that a retry does not write again."""
    for head in (handle.snapshot_by_name(branch), handle.current_snapshot()):
        known = head and properties.decode(handle, table, head)
        if known and known.digest == content and known.lineage == lineage and _has_files(handle, known):
            return known
    return None


def _has_files(handle: Table, snapshot: Snapshot) -> bool:
    """Whether a snapshot can still be read: what was deleted must be written anew."""
    try:
        files = handle.scan(snapshot_id=snapshot.snapshot_id).plan_files()
        return all(handle.io.new_input(one.file.file_path).exists() for one in files)
    except FileNotFoundError:
        return False


def _branch(label: str, lineage: Lineage, content: str) -> str:
    return f"{label}-{digest_of([lineage, content])[:12]}"


def _commit(handle: Table, table: str, branch: str, files: list[DataFile], values: dict[str, str]) -> Snapshot:
    """Make `files` the rows of `branch`, which starts at main's head if it is missing, in one commit."""
    head = handle.snapshot_by_name(branch) or handle.current_snapshot()
    assert head is not None
    assert head.summary is not None
    if branch not in handle.refs():
        handle.manage_snapshots().create_branch(head.snapshot_id, branch).commit()
    with _outputs(handle, table):
        transaction = handle.transaction()
        if head.summary["total-data-files"] not in (None, "0"):
            transaction.delete("true", branch=branch)
        with transaction.update_snapshot(snapshot_properties=values, branch=branch).fast_append() as append:
            for file in files:
                append.append_data_file(file)
        transaction.commit_transaction()
    written = handle.snapshot_by_name(branch)
    candidate = written and properties.decode(handle, table, written)
    if not candidate:
        raise CommitFailedException(f"branch {branch} of {table} was removed while it was written")
    return candidate


def _size(rows: pa.Table | pa.RecordBatchReader) -> str:
    return f"{rows.num_rows} rows ({rows.nbytes / (1 << 20):.1f} MiB)" if isinstance(rows, pa.Table) else "rows"


@contextmanager
def _outputs(handle: Table, table: str, what: str = "rows") -> Iterator[Outputs]:
    """Leave no files behind when the disk fills up or another writer was first: nothing was committed then.

    After any other error that is not sure, so the files stay.
    """
    inner = handle.io
    outputs = handle.io = Outputs(inner)
    try:
        yield outputs
    except Exception as error:
        if is_full(error) or is_conflict(error):
            outputs.remove()
        if is_full(error) and not isinstance(error, DiskFull):
            raise DiskFull(
                errno.ENOSPC,
                f"the disk filled up while {what} were written to {table}; nothing of them was published. "
                "Free space (`factory clean` shows what can go) and retry",
            ) from error
        raise
    finally:
        handle.io = inner
