"""Plain text: the file is the document; .gz and .zst are unpacked."""

from collections.abc import Iterator
from typing import BinaryIO

from model_factory.curation.formats.piece import Limits, Piece, Reject, decode, too_large
from model_factory.curation.formats.unpack import Broken, unpacked
from model_factory.curation.sources.raw_file import RawFile


def read(file: RawFile, stream: BinaryIO, limits: Limits) -> Iterator[Piece | Reject]:
    content = whole(file, stream, limits)
    yield content if isinstance(content, Reject) else decode(file.path, content)


def whole(file: RawFile, stream: BinaryIO, limits: Limits) -> bytes | Reject:
    """The bytes of a file that is one document, or why there are none."""
    try:
        content = unpacked(file.path, stream).read(limits.max_document_bytes + 1)
    except Broken as broken:
        return Reject(file.path, broken.reason, broken.detail)
    return content if len(content) <= limits.max_document_bytes else too_large(file.path, len(content), limits)
