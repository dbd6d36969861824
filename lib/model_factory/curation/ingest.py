"""Raw files to documents: `raw.documents`, and `raw.scrap` for what could not be read."""

import hashlib
from collections import Counter
from collections.abc import Iterator
from itertools import islice
from typing import Any

import pyarrow as pa

from model_factory import lake, ledger
from model_factory.cards.errors import CardError
from model_factory.cards.ingest import Ingest
from model_factory.curation.buckets import bucket_of
from model_factory.curation.erased import Erased
from model_factory.curation.formats.piece import REASONS, Limits, Piece, Reject
from model_factory.curation.formats.registry import read_file
from model_factory.curation.places import Places
from model_factory.curation.report import show_counts
from model_factory.curation.sorter import Sorter
from model_factory.curation.sources.listing import Surveyed, Tally, survey
from model_factory.curation.sources.raw_file import RawFile
from model_factory.nouns import Lineage, Snapshot, SourceListing

DOCUMENTS = "raw.documents"
SCRAP = "raw.scrap"
# Parts of `ingest.memory_bytes`: rows as Python holds them, names beside them, the rest for what reads and writes.
DOCUMENTS_PART, NAMES_PART = 4, 16
# A record is read with what escapes it, and some of them are merged and written at a time.
LEAST_DOCUMENTS = 64

_NAMES = ("doc_id", "source", "path", "licence", "origin", "url", "language", "text")
DOCUMENT_SCHEMA = pa.schema(
    [
        *[(name, pa.string()) for name in _NAMES],
        ("num_bytes", pa.int64()),
        ("place", pa.int64()),
        ("shard", pa.int64()),
    ]
)
SCRAP_SCHEMA = pa.schema([(name, pa.string()) for name in ("doc_id", "source", "path", "reason", "detail")])


class SourcesChanged(RuntimeError):
    """Raw files are no longer those that were listed."""


def ingest(section: Ingest, listing: SourceListing, lineage: Lineage) -> Snapshot:
    """Read every listed file and publish `raw.documents`, ordered by shard and doc_id.

    What cannot be read, and what was erased, goes to `raw.scrap` with a reason and never stops the run. Rows
    beyond `memory_bytes` wait in temporary files. Raises SourcesChanged when the files are not those of
    `listing`, CardError when no document is left or a document would not fit.
    """
    _refuse_cramped(section)
    rows, tally = _Rows(section.memory_bytes), Tally()
    with ledger.progress(listing.num_files, "ingest", "files") as progress:
        for surveyed in survey(section):
            tally.add(surveyed)
            for piece in pieces(surveyed, section):
                rows.add(surveyed.file, piece)
            progress.advance()
    _refuse_changed(listing, tally.listing())
    _refuse_empty(section, rows)
    show_counts("Ingest", rows.dropped, rows.kept)
    lake.write(SCRAP, pa.RecordBatchReader.from_batches(SCRAP_SCHEMA, rows.scrap.batches()), lineage)
    return lake.write(DOCUMENTS, pa.RecordBatchReader.from_batches(DOCUMENT_SCHEMA, rows.in_order()), lineage)


class _Rows:
    """What was read, sorted, and counted by source."""

    def __init__(self, memory_bytes: int) -> None:
        self.documents = Sorter(DOCUMENT_SCHEMA, ["doc_id"], memory_bytes // DOCUMENTS_PART)
        self.scrap = Sorter(SCRAP_SCHEMA, ["source", "path"], memory_bytes // NAMES_PART)
        self.places = Places(memory_bytes // NAMES_PART)
        self._erased = Erased()
        self.kept: Counter[str] = Counter()
        self.dropped: Counter[tuple[str, str]] = Counter()

    def add(self, file: RawFile, piece: Piece | Reject) -> None:
        row = row_of(file, piece)
        scrap = self._erased.scrap_row(row) or (row if isinstance(piece, Reject) else None)
        if scrap:
            self.dropped[scrap["source"], scrap["reason"]] += 1
            self.scrap.add(scrap)
        else:
            self.kept[row["source"]] += 1
            self.places.add(row)
            self.documents.add(row)

    def in_order(self) -> Iterator[pa.RecordBatch]:
        at, places = DOCUMENT_SCHEMA.get_field_index("place"), self.places.by_document()
        for batch in self.documents.batches():
            yield batch.set_column(at, DOCUMENT_SCHEMA.field(at), pa.array(islice(places, batch.num_rows), pa.int64()))


def doc_id_of(source: str, path: str, content: bytes) -> str:
    """32 hex digits of source, logical path and content: the same document has the same id everywhere."""
    name = f"{source}\0{path}\0".encode()
    return hashlib.blake2b(name + content, digest_size=16).hexdigest()


def pieces(surveyed: Surveyed, section: Ingest) -> Iterator[Piece | Reject]:
    """What a file holds, with the checks that every format shares."""
    file = surveyed.file
    if surveyed.problem:
        yield Reject(file.path, surveyed.problem, surveyed.detail)
        return
    yield from read_file(file, surveyed.stream, Limits(section.max_document_bytes, section.max_total_bytes))


def row_of(file: RawFile, piece: Piece | Reject) -> dict[str, Any]:
    """A row of `raw.documents`, or of `raw.scrap` for a reject."""
    if isinstance(piece, Reject):
        doc_id = doc_id_of(file.source, piece.path, b"")
        return {"doc_id": doc_id, "source": file.source, "path": piece.path, **_why(piece)}
    doc_id = doc_id_of(file.source, piece.path, piece.text.encode())
    return {
        "doc_id": doc_id,
        "source": file.source,
        "path": piece.path,
        "licence": file.licence,
        "origin": file.origin,
        "url": piece.url,
        "language": file.language,
        "text": piece.text,
        "num_bytes": piece.num_bytes,
        "shard": bucket_of(doc_id),
    }


def _why(reject: Reject) -> dict[str, str]:
    return {"reason": reject.reason, "detail": reject.detail}


def _refuse_cramped(section: Ingest) -> None:
    least = LEAST_DOCUMENTS * section.max_document_bytes
    if section.memory_bytes < least:
        raise CardError(
            f"ingest.memory_bytes: {section.memory_bytes} is less than {LEAST_DOCUMENTS} times "
            f"ingest.max_document_bytes {section.max_document_bytes}; give it at least {least} or lower that limit"
        )


def _refuse_changed(listing: SourceListing, found: SourceListing) -> None:
    if found.digest != listing.digest:
        raise SourcesChanged(
            f"the raw files changed after they were listed ({listing.num_files} files, {listing.size_bytes} bytes; "
            f"now {found.num_files}, {found.size_bytes}); run the same command again to list them anew"
        )


def _refuse_empty(section: Ingest, rows: _Rows) -> None:
    if not rows.kept:
        counts: Counter[str] = Counter()
        for (_, reason), count in rows.dropped.items():
            counts[reason] += count
        reasons = "; ".join(f"{count} {reason} ({REASONS[reason]})" for reason, count in counts.most_common())
        names = ", ".join(source.name for source in section.sources)
        raise CardError(
            f"ingest.sources: no document came out of {names}: {reasons or 'no file found'}; "
            "name a source with readable files or raise the limits under `ingest`"
        )
