"""The long description in a distribution's METADATA."""

from collections.abc import Iterator
from email.parser import Parser

from model_factory.curation.formats.piece import Piece, Reject, decode
from model_factory.curation.sources.raw_file import RawFile


def read(file: RawFile, content: bytes, limit_bytes: int) -> Iterator[Piece | Reject]:
    """The body of the METADATA, or its Description header as metadata before version 2.1 has it."""
    decoded = decode(file.path, content)
    if isinstance(decoded, Reject):
        yield decoded
        return
    message = Parser().parsestr(decoded.text)
    body = message.get_payload()
    text = body if isinstance(body, str) and body.strip() else message.get("Description", "")
    yield Piece(file.path, text, len(text.encode()))
