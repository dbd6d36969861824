"""Plain text: the file is the document; .gz and .zst are unpacked."""

from collections.abc import Iterator

from model_factory.curation.formats.piece import Piece, Reject, decode
from model_factory.curation.formats.unpack import Unpacked, unpack
from model_factory.curation.sources.raw_file import RawFile


def read(file: RawFile, content: bytes, limit_bytes: int) -> Iterator[Piece | Reject]:
    unpacked: Unpacked = unpack(file.path, content, limit_bytes)
    if unpacked.reason:
        yield Reject(file.path, unpacked.reason, unpacked.detail)
    else:
        yield decode(file.path, unpacked.content)
