"""How each format is read, with the checks that all of them share."""

from collections.abc import Callable, Iterator
from typing import BinaryIO

from model_factory.curation.formats import arrow, csv, html, jsonl, metadata, parquet, text, warc, zip
from model_factory.curation.formats.encrypted import encrypted_by
from model_factory.curation.formats.piece import Limits, Piece, Reject, too_large
from model_factory.curation.formats.unpack import is_packed, unpacks_within
from model_factory.curation.sources.raw_file import Format, RawFile

Read = Callable[[RawFile, BinaryIO, Limits], Iterator[Piece | Reject]]

FORMATS: dict[Format, Read] = {
    "text": text.read,
    "metadata": metadata.read,
    "html": html.read,
    "jsonl": jsonl.read,
    "csv": csv.read,
    "parquet": parquet.read,
    "arrow": arrow.read,
    "warc": warc.read,
    "zip": zip.read,
}


def read_file(file: RawFile, stream: BinaryIO, limits: Limits) -> Iterator[Piece | Reject]:
    """The documents of a file from a seekable stream, and a reject with its reason for each that there is not.

    Never raises for what is in the file, and holds no more of it than a few documents of the largest size.
    """
    if cipher := encrypted_by(stream):
        yield Reject(file.path, "encrypted", cipher)
    elif is_packed(file.path) and not unpacks_within(file.path, stream, limits.max_total_bytes):
        yield Reject(file.path, "over_total", f"unpacks to more than {limits.max_total_bytes} bytes")
    else:
        yield from (_checked(piece, limits) for piece in FORMATS[file.format](file, stream, limits))


def _checked(piece: Piece | Reject, limits: Limits) -> Piece | Reject:
    if isinstance(piece, Reject):
        return piece
    if not piece.text.strip():
        return Reject(piece.path, "empty", f"{piece.num_bytes} bytes, none but white space")
    if piece.num_bytes > limits.max_document_bytes:
        return too_large(piece.path, piece.num_bytes, limits)
    return piece
