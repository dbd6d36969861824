"""Parquet: one document a row, its text in a column."""

from collections.abc import Iterator

import pyarrow as pa
import pyarrow.parquet as pq

from model_factory.curation.formats.jsonl import checked
from model_factory.curation.formats.piece import Piece, Reject
from model_factory.curation.sources.raw_file import RawFile

DAMAGED = (pa.ArrowException, OSError, UnicodeDecodeError)


def read(file: RawFile, content: bytes, limit_bytes: int) -> Iterator[Piece | Reject]:
    """A damaged row group costs its own rows, named by the first of them; damaged metadata the file."""
    try:
        parquet = pq.ParquetFile(pa.BufferReader(content))
    except DAMAGED as error:
        yield Reject(file.path, "corrupt", _first_line(error))
        return
    if file.text_column not in parquet.schema_arrow.names:
        held = ", ".join(parquet.schema_arrow.names[:20])
        yield Reject(file.path, "missing_column", f"no {file.text_column!r}; there is: {held}")
        return
    first = 1
    for group in range(parquet.num_row_groups):
        yield from _read_group(file, parquet, group, first)
        first += parquet.metadata.row_group(group).num_rows


def _read_group(file: RawFile, parquet: pq.ParquetFile, group: int, first: int) -> Iterator[Piece | Reject]:
    try:
        texts = parquet.read_row_group(group, columns=[file.text_column]).column(0).to_pylist()
    except DAMAGED as error:
        yield Reject(f"{file.path}#{first}", "corrupt", f"row group {group}: {_first_line(error)}")
        return
    for number, text in enumerate(texts, start=first):
        yield checked(f"{file.path}#{number}", text)


def _first_line(error: Exception) -> str:
    return str(error).partition("\n")[0][:200]
