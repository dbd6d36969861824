"""Blank rows of a table that is only appended to, in the place where they stand.

Readers of such a table count rows and commits, so none may go: a row of a document that must be forgotten stays with
the id "" and nothing in any other column, in a file with the commit's number of the one it replaces.
"""

from collections.abc import Callable, Collection, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute
from pyiceberg.expressions import AlwaysTrue
from pyiceberg.io.pyarrow import ArrowScan, _dataframe_to_data_files
from pyiceberg.manifest import DataFile, ManifestEntry, ManifestEntryStatus, ManifestFile
from pyiceberg.table import FileScanTask, Table
from pyiceberg.table.snapshots import Operation
from pyiceberg.table.snapshots import Snapshot as IcebergSnapshot
from pyiceberg.table.update.snapshot import _OverwriteFiles

from model_factory.lake.handle import open_table, retried
from model_factory.lake.holders import holders
from model_factory.lake.references import speaking_of
from model_factory.lake.unreferenced import remove_unreferenced

# Its functions are made when it is imported, unseen by a type checker.
pc: Any = pyarrow.compute
# Snapshots that will be gone → what of their properties must last.
Carry = Callable[[Sequence[IcebergSnapshot]], dict[str, str]]


def blank(table: str, doc_ids: Collection[str], carry: Carry) -> None:
    """Blank the documents' rows in one commit, expire every snapshot that names their old files, remove those.

    Stopped at any point and called again it goes on.
    """
    handle = open_table(table)

    def replace() -> None:
        handle.refresh()
        current = handle.current_snapshot()
        live = _live(handle, current) if current else {}
        held = holders(handle, doc_ids)
        wanted = {path: file for path, file in live.items() if path in held.files}
        if wanted:
            gone = [one for one in handle.snapshots() if one.snapshot_id in held.naming]
            new = {path: _blanked(handle, file, doc_ids) for path, file in wanted.items()}
            _commit(handle, new, carry(gone))

    def expire() -> None:
        handle.refresh()
        gone = sorted(holders(handle, doc_ids).naming)
        if gone:
            handle.maintenance.expire_snapshots().by_ids(gone).commit()

    retried(replace, f"blanking rows of {table}")
    retried(expire, f"expiring snapshots of {table}")
    remove_unreferenced(handle.refresh())


def without_blank(rows: pa.Table) -> pa.Table:
    """The rows that hold something."""
    return rows.filter(pc.not_equal(rows["doc_id"], "").fill_null(True)) if "doc_id" in rows.column_names else rows


def _live(handle: Table, snapshot: IcebergSnapshot) -> dict[str, DataFile]:
    entries = (
        entry for manifest in snapshot.manifests(handle.io) for entry in manifest.fetch_manifest_entry(handle.io)
    )
    return {entry.data_file.file_path: entry.data_file for entry in entries}


def _blanked(handle: Table, file: DataFile, doc_ids: Collection[str]) -> DataFile:
    """A new file with as many rows as `file`, in its order."""
    scan = ArrowScan(handle.metadata, handle.io, handle.schema(), AlwaysTrue())
    rows = scan.to_table([FileScanTask(file)])
    touched = speaking_of(rows, doc_ids)
    columns = [_emptied(name, rows[name], touched) for name in rows.column_names]
    made = list(_dataframe_to_data_files(handle.metadata, pa.table(columns, schema=rows.schema), handle.io))
    if len(made) != 1:
        raise ValueError(f"{file.file_path}: its rows no longer fit one file; raise write.target-file-size-bytes")
    return made[0]


def _emptied(name: str, column: pa.ChunkedArray, touched: np.ndarray) -> pa.ChunkedArray:
    is_own_id = name == "doc_id"
    return pc.if_else(pa.array(touched), pa.scalar("" if is_own_id else None, column.type), column)


class _Replace(_OverwriteFiles):
    """Puts files in the place of others, each with the numbers of the commit that the other came with.

    pyiceberg's own overwrite gives replaced files the number of the new commit, so that they would come again.
    """

    replaced: dict[str, DataFile]

    def _existing_manifests(self) -> list[ManifestFile]:
        head = self._transaction.table_metadata.snapshot_by_name(self._target_branch)
        return [self._renewed(manifest) for manifest in head.manifests(self._io)] if head else []

    def _deleted_entries(self) -> list[ManifestEntry]:
        return []

    def _renewed(self, manifest: ManifestFile) -> ManifestFile:
        entries = manifest.fetch_manifest_entry(self._io, discard_deleted=True)
        if not any(entry.data_file.file_path in self.replaced for entry in entries):
            return manifest
        with self.new_manifest_writer(self.spec(manifest.partition_spec_id)) as writer:
            for entry in entries:
                file = self.replaced.get(entry.data_file.file_path, entry.data_file)
                writer.add_entry(
                    ManifestEntry.from_args(
                        status=ManifestEntryStatus.EXISTING,
                        snapshot_id=entry.snapshot_id,
                        sequence_number=entry.sequence_number,
                        file_sequence_number=entry.file_sequence_number,
                        data_file=file,
                    )
                )
        return writer.to_manifest_file()


def _commit(handle: Table, replaced: dict[str, DataFile], values: dict[str, str]) -> None:
    transaction: Any = handle.transaction()
    producer = _Replace(Operation.OVERWRITE, transaction, handle.io, snapshot_properties=values)
    producer.replaced = replaced
    producer.commit()
    transaction.commit_transaction()
