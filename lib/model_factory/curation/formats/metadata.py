"""The long description in a distribution's METADATA."""

from collections.abc import Iterator
from email.parser import Parser
from typing import BinaryIO

from model_factory.curation.formats import text
from model_factory.curation.formats.piece import Limits, Piece, Reject
from model_factory.curation.sources.raw_file import RawFile


def read(file: RawFile, stream: BinaryIO, limits: Limits) -> Iterator[Piece | Reject]:
    """The body of the METADATA, or its Description header as metadata before version 2.1 has it."""
    for decoded in text.read(file, stream, limits):
        yield decoded if isinstance(decoded, Reject) else _description(decoded)


def _description(decoded: Piece) -> Piece:
    message = Parser().parsestr(decoded.text)
    body = message.get_payload()
    written = body if isinstance(body, str) and body.strip() else message.get("Description", "")
    return Piece(decoded.path, written, len(written.encode()))
