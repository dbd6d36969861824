"""Arrow's own files, streams or with a footer: one document a row, its text in a column."""

from collections.abc import Iterator
from typing import Any, BinaryIO

import pyarrow as pa

from model_factory.curation.formats.columns import DAMAGED, damage, rows
from model_factory.curation.formats.piece import Limits, Piece, Reject, missing_column
from model_factory.curation.sources.raw_file import RawFile

MAGIC = b"ARROW1"


def read(file: RawFile, stream: BinaryIO, limits: Limits) -> Iterator[Piece | Reject]:
    """One batch at a time; from a damaged batch on the file is lost, as nothing says where the next begins."""
    first = 1
    try:
        reader, batches = _open(stream)
        if file.text_column not in reader.schema.names:
            yield missing_column(file.path, file.text_column, reader.schema.names)
            return
        for batch in batches:
            batch.validate(full=True)
            yield from rows(file, batch, first, limits)
            first += batch.num_rows
    except DAMAGED as error:
        yield damage(file.path if first == 1 else f"{file.path}#{first}", error)


def _open(stream: BinaryIO) -> tuple[Any, Iterator[pa.RecordBatch]]:
    footed = stream.read(len(MAGIC)) == MAGIC
    stream.seek(0)
    name = getattr(stream, "name", None)
    # Mapped, a batch costs no memory of ours however large it is.
    source = pa.memory_map(name) if isinstance(name, str) else pa.PythonFile(stream, "r")
    if not footed:
        reader = pa.ipc.open_stream(source)
        return reader, iter(reader)
    reader = pa.ipc.open_file(source)
    return reader, (reader.get_batch(place) for place in range(reader.num_record_batches))
