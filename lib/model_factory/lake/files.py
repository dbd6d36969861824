"""Rows written as they come, to files that no snapshot refers to yet.

pyiceberg's own streaming append hands every batch to a pool of threads before the first is written, so that all of
them are in memory; here no more than a row group is.
"""

import uuid
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import pyarrow as pa
from pyiceberg.io.fileformat import FileFormatFactory
from pyiceberg.io.pyarrow import schema_to_pyarrow
from pyiceberg.manifest import DataFile, DataFileContent, FileFormat
from pyiceberg.table import Table, TableProperties
from pyiceberg.table.locations import load_location_provider
from pyiceberg.typedef import Record
from pyiceberg.utils.properties import property_as_int

from model_factory.lake.content import ContentDigest

# A scan reads whole row groups: what it holds and what it can skip are as large as they are.
GROUP_ROWS = 8192
GROUP_BYTES = 2 << 20


@dataclass(frozen=True)
class Written:
    """Data files of a table with the number and the content digest of their rows."""

    files: list[DataFile]
    num_rows: int
    digest: str


def write_files(handle: Table, wanted: pa.Schema, batches: Iterable[pa.RecordBatch]) -> Written:
    """Write `batches` in the order they come as rows of `wanted` (the table's columns and types)."""
    content = ContentDigest(wanted)
    default = TableProperties.WRITE_TARGET_FILE_SIZE_BYTES_DEFAULT
    limit = property_as_int(handle.properties, TableProperties.WRITE_TARGET_FILE_SIZE_BYTES, default)
    assert limit is not None
    groups, files = _digested(row_groups(batches, wanted), content), []
    for first in groups:
        files.append(_write_file(handle, _up_to(first, groups, limit)))
    return Written(files, content.num_rows, content.hexdigest())


def row_groups(batches: Iterable[pa.RecordBatch], wanted: pa.Schema) -> Iterator[pa.Table]:
    """The rows in groups of at most GROUP_ROWS and GROUP_BYTES, one row at least."""
    held: list[pa.RecordBatch] = []
    num_rows = num_bytes = 0
    for batch in batches:
        for piece in _pieces(batch):
            if held and (num_rows + piece.num_rows > GROUP_ROWS or num_bytes + piece.nbytes > GROUP_BYTES):
                yield pa.Table.from_batches(held).select(wanted.names).cast(wanted)
                held, num_rows, num_bytes = [], 0, 0
            held.append(piece)
            num_rows, num_bytes = num_rows + piece.num_rows, num_bytes + piece.nbytes
    if held:
        yield pa.Table.from_batches(held).select(wanted.names).cast(wanted)


def _pieces(batch: pa.RecordBatch) -> Iterator[pa.RecordBatch]:
    if batch.num_rows > GROUP_ROWS:
        for start in range(0, batch.num_rows, GROUP_ROWS):
            yield from _pieces(batch.slice(start, GROUP_ROWS))
    elif batch.nbytes > GROUP_BYTES and batch.num_rows > 1:
        half = batch.num_rows // 2
        yield from _pieces(batch.slice(0, half))
        yield from _pieces(batch.slice(half))
    elif batch.num_rows:
        yield batch


def _digested(groups: Iterator[pa.Table], content: ContentDigest) -> Iterator[pa.Table]:
    for group in groups:
        for batch in group.to_batches():
            content.add(batch)
        yield group


def _up_to(first: pa.Table, groups: Iterator[pa.Table], limit: int) -> Iterator[pa.Table]:
    """`first` and the groups after it until they make `limit` bytes."""
    num_bytes = first.nbytes
    yield first
    while num_bytes < limit and (group := next(groups, None)) is not None:
        num_bytes += group.nbytes
        yield group


def _write_file(handle: Table, groups: Iterator[pa.Table]) -> DataFile:
    model = FileFormatFactory.get(FileFormat.PARQUET)
    place = load_location_provider(handle.location(), handle.properties)
    output = handle.io.new_output(place.new_data_location(f"{uuid.uuid4()}.parquet"))
    with_ids = schema_to_pyarrow(handle.schema())
    with model.create_writer(output, handle.schema(), handle.properties) as writer:
        for group in groups:
            writer.write(group.cast(with_ids))
    return DataFile.from_args(
        content=DataFileContent.DATA,
        file_path=output.location,
        file_format=FileFormat.PARQUET,
        partition=Record(),
        file_size_in_bytes=len(output),
        sort_order_id=None,
        spec_id=handle.spec().spec_id,
        equality_ids=None,
        key_metadata=None,
        **writer.result().to_serialized_dict(),
    )
