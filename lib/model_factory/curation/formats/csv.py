"""Comma- or tab-separated values (RFC 4180) with a header: one document a record, its text in a column."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from typing import BinaryIO

from model_factory.curation.formats.lines import lines
from model_factory.curation.formats.piece import Limits, Piece, Reject, checked, missing_column
from model_factory.curation.formats.unpack import Broken, unpacked
from model_factory.curation.sources.raw_file import RawFile


def read(file: RawFile, stream: BinaryIO, limits: Limits) -> Iterator[Piece | Reject]:
    """A bad record costs that record; a quote without an end costs as much as the longest record may be."""
    # A setting of the whole process, only ever raised; the reader has none of its own.
    csv.field_size_limit(max(csv.field_size_limit(), limits.max_document_bytes))
    rows = csv.reader(_text_lines(file, stream, limits), delimiter="\t" if ".tsv" in file.path else ",")
    header, number = next(_records(rows), []), 0
    if isinstance(header, Broken) or file.text_column not in header:
        yield _no_header(file, header)
        return
    for number, row in enumerate(_records(rows), start=1):
        path = f"{file.path}#{number}"
        if isinstance(row, Broken):
            yield Reject(path, row.reason, row.detail)
        elif row:
            yield _read_row(path, row, header, file)


def _records(rows: Iterator[list[str]]) -> Iterator[list[str] | Broken]:
    """The records, and in the place of a bad one what is wrong with it."""
    while True:
        try:
            yield next(rows)
        except StopIteration:
            return
        except csv.Error as error:
            limit = "field limit" in str(error)
            yield Broken("too_large" if limit else "corrupt", str(error))
        except _BadLine as bad:
            yield bad
        except Broken as broken:
            yield broken
            return


class _BadLine(Broken):
    """A line that cannot be read, after which others can."""


class _text_lines:
    """The lines as text. An iterator of its own and no generator, because a generator ends with its first error."""

    def __init__(self, file: RawFile, stream: BinaryIO, limits: Limits) -> None:
        self._lines = lines(unpacked(file.path, stream), limits.max_line_bytes)

    def __iter__(self) -> _text_lines:
        return self

    def __next__(self) -> str:
        line = next(self._lines)
        if line.too_long:
            raise _BadLine("too_large", f"line {line.number} has {line.num_bytes} bytes")
        try:
            text = line.content.decode("utf-8-sig" if line.number == 1 else "utf-8")
        except UnicodeDecodeError as error:
            raise _BadLine("undecodable", f"line {line.number}, byte {error.start}: {error.reason}") from None
        return text.removesuffix("\r") + "\n"


def _no_header(file: RawFile, header: list[str] | Broken) -> Reject:
    if isinstance(header, Broken):
        return Reject(file.path, header.reason, header.detail)
    return missing_column(file.path, file.text_column, header)


def _read_row(path: str, row: list[str], header: list[str], file: RawFile) -> Piece | Reject:
    if len(row) != len(header):
        return Reject(path, "corrupt", f"{len(row)} fields under a header of {len(header)}")
    named = dict(zip(header, row, strict=True))
    return checked(path, named[file.text_column], named.get(file.url_column, ""))
