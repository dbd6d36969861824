"""Which files and snapshots of a table hold rows of documents."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.parquet as pq
from pyiceberg.io import FileIO
from pyiceberg.manifest import ManifestEntryStatus
from pyiceberg.table import Table

from model_factory.lake.references import references, speaking_of


@dataclass(frozen=True)
class Holders:
    """`files` maps the location of each data file with such rows to how many they are; `reading` each snapshot that
    delivers some to how many; `naming` are all snapshots whose metadata names one of the files, those that took it
    away included: a manifest keeps the first characters of a file's smallest and largest values."""

    files: dict[str, int]
    reading: dict[int, int]
    naming: frozenset[int]


def holders(handle: Table, doc_ids: Collection[str]) -> Holders:
    """Every data file is opened once, and only the columns that hold ids are read."""
    named: dict[int, dict[str, bool]] = {one.snapshot_id: _files(handle, one.snapshot_id) for one in handle.snapshots()}
    counts = {path: _count(handle.io, path, doc_ids) for path in sorted({path for of in named.values() for path in of})}
    files = {path: count for path, count in counts.items() if count}
    reading = {
        snapshot_id: sum(files.get(path, 0) for path, is_live in of.items() if is_live)
        for snapshot_id, of in named.items()
    }
    naming = frozenset(snapshot_id for snapshot_id, of in named.items() if files.keys() & of.keys())
    return Holders(files, {snapshot_id: count for snapshot_id, count in reading.items() if count}, naming)


def rows_of(handle: Table, doc_ids: Collection[str], columns: list[str]) -> pa.Table:
    """The rows of the documents in whatever files hold them, `columns` of them as far as the table has them."""
    found = []
    for path in holders(handle, doc_ids).files:
        with handle.io.new_input(path).open() as file:
            parquet = pq.ParquetFile(file)
            held = parquet.schema_arrow.names
            wanted = list(dict.fromkeys([*references(held), *(name for name in columns if name in held)]))
            for batch in parquet.iter_batches(columns=wanted):
                rows = pa.Table.from_batches([batch])
                found.append(rows.filter(pa.array(speaking_of(rows, doc_ids))))
    return pa.concat_tables(found, promote_options="permissive") if found else pa.table({})


def _files(handle: Table, snapshot_id: int) -> dict[str, bool]:
    """Location of every data file that a snapshot's metadata names → whether the snapshot delivers its rows."""
    snapshot = handle.snapshot_by_id(snapshot_id)
    found: dict[str, bool] = {}
    for manifest in snapshot.manifests(handle.io) if snapshot else []:
        for entry in manifest.fetch_manifest_entry(handle.io, discard_deleted=False):
            is_live = entry.status != ManifestEntryStatus.DELETED
            found[entry.data_file.file_path] = found.get(entry.data_file.file_path, False) or is_live
    return found


def _count(io: FileIO, path: str, doc_ids: Collection[str]) -> int:
    try:
        file = io.new_input(path).open()
    except FileNotFoundError:
        # Somebody deleted it by hand: there is nothing left to erase in it.
        return 0
    with file:
        parquet = pq.ParquetFile(file)
        columns = references(parquet.schema_arrow.names)
        if not columns:
            return 0
        batches = (pa.Table.from_batches([batch]) for batch in parquet.iter_batches(columns=columns))
        return sum(int(speaking_of(rows, doc_ids).sum()) for rows in batches)


def every_batch(handle: Table, columns: list[str]) -> Iterator[pa.Table]:
    """`columns` (those that a file has) of every row in every file that some snapshot names, batch by batch."""
    paths = {path for snapshot in handle.snapshots() for path in _files(handle, snapshot.snapshot_id)}
    for path in sorted(paths):
        try:
            file = handle.io.new_input(path).open()
        except FileNotFoundError:
            continue
        with file:
            parquet = pq.ParquetFile(file)
            held = [name for name in columns if name in parquet.schema_arrow.names]
            for batch in parquet.iter_batches(columns=held):
                yield pa.Table.from_batches([batch])
