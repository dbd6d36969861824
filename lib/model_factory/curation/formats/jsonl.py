"""JSON lines: one object a line, its text in a column."""

import json
from collections.abc import Iterator

from model_factory.curation.formats.piece import Piece, Reject
from model_factory.curation.formats.unpack import unpack
from model_factory.curation.sources.raw_file import RawFile


def read(file: RawFile, content: bytes, limit_bytes: int) -> Iterator[Piece | Reject]:
    """A bad line costs that line; a broken stream keeps the lines before the break."""
    unpacked = unpack(file.path, content, limit_bytes)
    lines = unpacked.content.split(b"\n")
    for number, line in enumerate(lines, start=1):
        last = number == len(lines)
        if last and unpacked.reason:
            yield Reject(f"{file.path}#{number}", unpacked.reason, unpacked.detail)
        elif line.strip():
            yield _read_line(f"{file.path}#{number}", line, file.text_column, unended=last)


def _read_line(path: str, line: bytes, column: str, unended: bool) -> Piece | Reject:
    try:
        record = json.loads(line)
    except (UnicodeDecodeError, json.JSONDecodeError, RecursionError) as error:
        # Without the newline at its end a broken record is the mark of an interrupted copy.
        return Reject(path, "truncated" if unended else "undecodable", str(error)[:200])
    if not isinstance(record, dict) or column not in record:
        held = ", ".join(list(record)[:20]) if isinstance(record, dict) else type(record).__name__
        return Reject(path, "missing_column", f"no {column!r}; there is: {held}")
    return checked(path, record[column])


def checked(path: str, text: object) -> Piece | Reject:
    """A column's value as a document: a string without lone surrogates, which no UTF-8 file can hold."""
    if not isinstance(text, str):
        return Reject(path, "not_text", f"a value of type {type(text).__name__}")
    try:
        return Piece(path, text, len(text.encode()))
    except UnicodeEncodeError as error:
        return Reject(path, "undecodable", f"character {error.start}: {error.reason}")
