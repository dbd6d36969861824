"""Rows of an arrow batch as documents: what the columnar formats share."""

from collections.abc import Iterator

import pyarrow as pa
import pyarrow.compute as pc

from model_factory.curation.formats.piece import Limits, Piece, Reject, checked, too_large
from model_factory.curation.sources.raw_file import RawFile

# MemoryError: a damaged length asks for more than there is.
DAMAGED = (pa.ArrowException, OSError, UnicodeDecodeError, MemoryError, EOFError)


def rows(file: RawFile, batch: pa.RecordBatch, first: int, limits: Limits) -> Iterator[Piece | Reject]:
    """A document a row, numbered from `first`; one that is too large is never made into a string of its own."""
    texts = batch.column(file.text_column)
    urls = batch.column(file.url_column) if file.url_column in batch.schema.names else None
    sizes = pc.call_function("binary_length", [texts]) if _is_text(texts.type) else None
    for place in range(batch.num_rows):
        path, size = f"{file.path}#{first + place}", sizes[place].as_py() if sizes is not None else None
        if size is not None and size > limits.max_document_bytes:
            yield too_large(path, size, limits)
            continue
        try:
            yield checked(path, texts[place].as_py(), urls[place].as_py() if urls is not None else "")
        except UnicodeDecodeError as error:
            yield Reject(path, "undecodable", f"byte {error.start}: {error.reason}")


def damage(path: str, error: BaseException, where: str = "") -> Reject:
    """Why a columnar file, or a part of it, cannot be read."""
    said = where + str(error).partition("\n")[0][:200]
    locked = any(word in str(error).lower() for word in ("decrypt", "encrypt"))
    return Reject(path, "encrypted" if locked else "corrupt", said)


def _is_text(kind: pa.DataType) -> bool:
    return pa.types.is_string(kind) or pa.types.is_large_string(kind)
