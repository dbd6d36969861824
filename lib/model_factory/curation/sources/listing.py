"""All raw files of a card by content: what decides whether anything has to be ingested again."""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass

from model_factory.cards.ingest import Ingest
from model_factory.curation.registry import load
from model_factory.curation.sources.raw_file import SINGLE_DOCUMENT, RawFile
from model_factory.curation.sources.registry import SOURCES
from model_factory.nouns import SourceListing


@dataclass(frozen=True)
class Surveyed:
    """A raw file and its bytes, or the `problem` for which it was not read: `too_large` for a document,
    `over_total` (it does not fit into what is left of the card's total) or `unreadable`."""

    file: RawFile
    content: bytes
    size_bytes: int
    problem: str = ""
    detail: str = ""

    @property
    def identity(self) -> str:
        """What stands for the content: its sha256, or why and at which size it was left aside."""
        return f"{self.problem}:{self.size_bytes}" if self.problem else hashlib.sha256(self.content).hexdigest()


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
    """Every raw file, sources in the card's order and files by path, read within the section's limits.

    `max_total_bytes` is of the files as they lie on disk. A file that no longer fits is left aside and
    smaller ones after it still come in, so that the same files always give the same cut.
    """
    left = section.max_total_bytes
    for source in section.sources:
        find = load(SOURCES, source.kind, f"ingest.sources[{source.name}].kind")
        for file in sorted(find(source), key=lambda file: file.path):
            surveyed = _read(file, section, left)
            left -= len(surveyed.content)
            yield surveyed


class Tally:
    """Folds a survey into its `SourceListing`, so that ingest can check it reads what was listed."""

    def __init__(self) -> None:
        self._digest = hashlib.sha256()
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
        size = file.location.stat().st_size
        if file.format in SINGLE_DOCUMENT and size > section.max_document_bytes:
            detail = f"{size} bytes, ingest.max_document_bytes is {section.max_document_bytes}"
            return Surveyed(file, b"", size, "too_large", detail)
        if size > left:
            detail = f"{size} bytes, {left} left of ingest.max_total_bytes {section.max_total_bytes}"
            return Surveyed(file, b"", size, "over_total", detail)
        content = file.location.read_bytes()
    except OSError as error:
        return Surveyed(file, b"", 0, "unreadable", error.strerror or type(error).__name__)
    return Surveyed(file, content, len(content))
