"""JSON lines: one object a line, its text in a column."""

import json
from collections.abc import Iterator
from typing import BinaryIO

from model_factory.curation.formats.lines import Line, lines
from model_factory.curation.formats.piece import Limits, Piece, Reject, checked, missing_column, too_large
from model_factory.curation.formats.unpack import Broken, unpacked
from model_factory.curation.sources.raw_file import RawFile


def read(file: RawFile, stream: BinaryIO, limits: Limits) -> Iterator[Piece | Reject]:
    """A bad line costs that line; a broken stream keeps the lines before the break."""
    number = 0
    try:
        for line in lines(unpacked(file.path, stream), limits.max_line_bytes):
            number = line.number
            path = f"{file.path}#{number}"
            if line.too_long:
                yield too_large(path, line.num_bytes, limits)
            elif line.content.strip():
                yield _read_line(path, line, file)
    except Broken as broken:
        yield Reject(f"{file.path}#{number + 1}", broken.reason, broken.detail)


def _read_line(path: str, line: Line, file: RawFile) -> Piece | Reject:
    try:
        record = json.loads(line.content)
    except (UnicodeDecodeError, json.JSONDecodeError, RecursionError) as error:
        # Without the newline at its end a broken record is the mark of an interrupted copy.
        return Reject(path, "undecodable" if line.ended else "truncated", str(error)[:200])
    except ValueError as error:
        return Reject(path, "undecodable", str(error)[:200])
    if not isinstance(record, dict) or file.text_column not in record:
        return missing_column(path, file.text_column, list(record) if isinstance(record, dict) else [])
    return checked(path, record[file.text_column], record.get(file.url_column, ""))
