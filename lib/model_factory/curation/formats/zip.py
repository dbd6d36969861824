"""Zip archives: every member read by its own suffix."""

import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import replace
from typing import BinaryIO

from model_factory.curation.formats.piece import Limits, Piece, Reject
from model_factory.curation.sources.raw_file import RawFile, format_of, language_of

ENCRYPTED = 0x1  # general purpose bit 0


def read(file: RawFile, stream: BinaryIO, limits: Limits) -> Iterator[Piece | Reject]:
    """Members by name, "archive.zip!member"; together they may unpack to `max_total_bytes`. A damaged or
    encrypted member costs itself, a damaged directory the archive."""
    try:
        archive = zipfile.ZipFile(stream)
    except (zipfile.BadZipFile, OSError, ValueError) as error:
        yield Reject(file.path, "corrupt", str(error)[:200])
        return
    left = limits.max_total_bytes
    for member in sorted(archive.infolist(), key=lambda member: member.filename):
        if not member.is_dir():
            yield from _read_member(file, archive, member, replace(limits, max_total_bytes=left))
            left -= member.file_size if member.file_size <= left else 0


def _read_member(
    file: RawFile, archive: zipfile.ZipFile, member: zipfile.ZipInfo, limits: Limits
) -> Iterator[Piece | Reject]:
    from model_factory.curation.formats.registry import read_file

    path = f"{file.path}!{member.filename}"
    inner = replace(file, path=path, format=format_of(path), language=language_of(path))
    if member.flag_bits & ENCRYPTED:
        yield Reject(path, "encrypted", "a member with a password")
    elif inner.format == "zip":
        yield Reject(path, "nested", "unpack it and ingest what is inside")
    elif member.file_size > limits.max_total_bytes:
        yield Reject(path, "over_total", f"unpacks to {member.file_size} bytes, {limits.max_total_bytes} left")
    else:
        try:
            with archive.open(member) as stream:
                yield from read_file(inner, stream, limits)  # type: ignore[arg-type]
        except (zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError, RuntimeError) as error:
            yield Reject(path, "corrupt", str(error)[:200])
