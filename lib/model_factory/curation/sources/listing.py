"""All raw files of a card by content: what decides whether anything has to be ingested again."""

import hashlib
import io
import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from model_factory import lake
from model_factory.cards.ingest import Ingest
from model_factory.curation.registry import load
from model_factory.curation.sources.files import included
from model_factory.curation.sources.raw_file import SINGLE_DOCUMENT, RawFile
from model_factory.curation.sources.registry import SOURCES
from model_factory.nouns import SourceListing

HELD_BYTES = 4 << 20  # larger files are read twice, piece by piece: once to know them, once for their documents
CHUNK_BYTES = 1 << 20


@dataclass(frozen=True)
class Surveyed:
    """A raw file, its digest (sha256 of the content) and a stream of it that is open until the next file is
    asked for; or the `problem` for which it was not read: `too_large` for a document, `over_total` (it does
    not fit into what is left of the card's total) or `unreadable`."""

    file: RawFile
    stream: BinaryIO
    digest: str
    size_bytes: int
    problem: str = ""
    detail: str = ""

    @property
    def identity(self) -> str:
        """What stands for the content: its digest, or why and at which size it was left aside."""
        return f"{self.problem}:{self.size_bytes}" if self.problem else self.digest


def list_sources(section: Ingest) -> SourceListing:
    """Hash every raw file of the card.

    Raises CardError where a source names something that does not exist. Files that exceed a limit of
    the section count by name and size: their content never comes in.
    """
    tally = Tally()
    for surveyed in survey(section):
        tally.add(surveyed)
    return tally.listing()


def survey(section: Ingest) -> Iterator[Surveyed]:
    """Every raw file, sources in the card's order and files by path, within the section's limits.

    `max_total_bytes` is of the files as they lie on disk. A file that no longer fits is left aside and
    smaller ones after it still come in, so that the same files always give the same cut. At most
    HELD_BYTES of a file are in memory.
    """
    left = section.max_total_bytes
    for source in section.sources:
        find = load(SOURCES, source.kind, f"ingest.sources[{source.name}].kind")
        found = (file for file in find(source) if included(source, file.path))
        for file in sorted(found, key=lambda file: file.path):
            surveyed = _read(file, section, left)
            left -= 0 if surveyed.problem else surveyed.size_bytes
            with surveyed.stream:
                yield surveyed


class Tally:
    """Folds a survey and the tombstones of erased documents into its `SourceListing`, so that ingest can check it
    reads what was listed."""

    def __init__(self) -> None:
        self._digest = hashlib.sha256()
        # What must not come in decides what does: after an erasure no cache may serve what was ingested before.
        for tombstone in sorted(lake.tombstones()):
            self._digest.update(f"{tombstone}\n".encode())
        self._num_files = 0
        self._size_bytes = 0

    def add(self, surveyed: Surveyed) -> None:
        entry = [surveyed.file.source, surveyed.file.path, surveyed.identity]
        self._digest.update(json.dumps(entry).encode() + b"\n")
        self._num_files += 1
        self._size_bytes += surveyed.size_bytes

    def listing(self) -> SourceListing:
        return SourceListing(self._digest.hexdigest(), self._num_files, self._size_bytes)


def _read(file: RawFile, section: Ingest, left: int) -> Surveyed:
    try:
        size = file.location.size()
        if file.format in SINGLE_DOCUMENT and size > section.max_document_bytes:
            detail = f"{size} bytes, ingest.max_document_bytes is {section.max_document_bytes}"
            return _aside(file, size, "too_large", detail)
        if size > left:
            detail = f"{size} bytes, {left} left of ingest.max_total_bytes {section.max_total_bytes}"
            return _aside(file, size, "over_total", detail)
        return _hashed(file, file.location.open())
    except OSError as error:
        return _aside(file, 0, "unreadable", error.strerror or str(error) or type(error).__name__)


def _aside(file: RawFile, size: int, problem: str, detail: str) -> Surveyed:
    return Surveyed(file, io.BytesIO(), "", size, problem, detail)


def _hashed(file: RawFile, stream: BinaryIO) -> Surveyed:
    """Small content is held, large content hashed and left in its stream."""
    content = stream.read(HELD_BYTES + 1)
    digest, num_bytes = hashlib.sha256(content), len(content)
    if num_bytes <= HELD_BYTES:
        stream.close()
        return Surveyed(file, io.BytesIO(content), digest.hexdigest(), num_bytes)
    while chunk := stream.read(CHUNK_BYTES):
        digest.update(chunk)
        num_bytes += len(chunk)
    stream.seek(0)
    return Surveyed(file, stream, digest.hexdigest(), num_bytes)
