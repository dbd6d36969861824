"""Parquet: one document a row, its text in a column."""

import io
from collections.abc import Iterator
from typing import BinaryIO

import pyarrow.parquet as pq

from model_factory.curation.formats.columns import DAMAGED, damage, rows
from model_factory.curation.formats.piece import Limits, Piece, Reject, missing_column
from model_factory.curation.sources.raw_file import RawFile

BATCH_BYTES = 32 << 20  # what a batch of the largest documents may take
BUFFER_BYTES = 1 << 20
# Text packs to a tenth, logs to a fiftieth. A small row group does no harm whatever its ratio.
MAX_RATIO = 500
HARMLESS_BYTES = 64 << 20


def read(file: RawFile, stream: BinaryIO, limits: Limits) -> Iterator[Piece | Reject]:
    """A damaged row group costs its own rows, named by the first of them; damaged metadata the file."""
    try:
        parquet = pq.ParquetFile(stream, buffer_size=BUFFER_BYTES, pre_buffer=False)
    except DAMAGED as error:
        yield damage(file.path, error)
        return
    names = parquet.schema_arrow.names
    if file.text_column not in names:
        yield missing_column(file.path, file.text_column, names)
        return
    first, num_bytes = 1, stream.seek(0, io.SEEK_END)
    for group in range(parquet.num_row_groups):
        yield from _read_group(file, parquet, group, first, num_bytes, limits)
        first += parquet.metadata.row_group(group).num_rows


def _read_group(
    file: RawFile, parquet: pq.ParquetFile, group: int, first: int, num_bytes: int, limits: Limits
) -> Iterator[Piece | Reject]:
    path = f"{file.path}#{first}"
    columns = [name for name in (file.text_column, file.url_column) if name in parquet.schema_arrow.names]
    if refused := _bomb(path, parquet.metadata.row_group(group).total_byte_size, num_bytes, limits):
        yield refused
        return
    batch_size = max(1, min(1024, BATCH_BYTES // limits.max_document_bytes))
    try:
        for batch in parquet.iter_batches(batch_size, [group], columns, use_threads=False):
            yield from rows(file, batch, first, limits)
            first += batch.num_rows
    except DAMAGED as error:
        yield damage(f"{file.path}#{first}", error, f"row group {group}: ")


def _bomb(path: str, made: int, num_bytes: int, limits: Limits) -> Reject | None:
    """By the sizes of row group and file: to ask for a column's own aborts the process where it is encrypted."""
    if made > limits.max_total_bytes:
        return Reject(path, "over_total", f"a row group unpacks to {made} bytes")
    if made > HARMLESS_BYTES and made > MAX_RATIO * num_bytes:
        return Reject(path, "bomb", f"a file of {num_bytes} bytes whose row group unpacks to {made}")
    return None
