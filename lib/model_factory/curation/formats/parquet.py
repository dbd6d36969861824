"""Parquet: one document a row, its text in a column."""

from collections.abc import Iterator

import pyarrow as pa
import pyarrow.parquet as pq

from model_factory.curation.formats.jsonl import checked
from model_factory.curation.formats.piece import Piece, Reject
from model_factory.curation.sources.raw_file import RawFile

BATCH_ROWS = 1024


def read(file: RawFile, content: bytes, limit_bytes: int) -> Iterator[Piece | Reject]:
    """A damaged row group costs itself and what follows; the rows before it are kept."""
    number = 0
    try:
        parquet = pq.ParquetFile(pa.BufferReader(content))
        if file.text_column not in parquet.schema_arrow.names:
            held = ", ".join(parquet.schema_arrow.names[:20])
            yield Reject(file.path, "missing_column", f"no {file.text_column!r}; there is: {held}")
            return
        for batch in parquet.iter_batches(BATCH_ROWS, columns=[file.text_column]):
            for text in batch.column(0).to_pylist():
                number += 1
                yield checked(f"{file.path}#{number}", text)
    except (pa.ArrowException, OSError, UnicodeDecodeError) as error:
        place = f"{file.path}#{number + 1}" if number else file.path
        yield Reject(place, "corrupt", str(error).splitlines()[0][:200])
