"""Raw files to documents: `raw.documents`, and `raw.scrap` for what could not be read."""

import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterator
from typing import Any

import pyarrow as pa

from model_factory import lake, ledger
from model_factory.cards.errors import CardError
from model_factory.cards.ingest import Ingest
from model_factory.curation.buckets import bucket_of
from model_factory.curation.erased import Erased
from model_factory.curation.formats.piece import REASONS, Limits, Piece, Reject
from model_factory.curation.formats.registry import read_file
from model_factory.curation.report import show_counts
from model_factory.curation.sources.dependencies import dependency_order
from model_factory.curation.sources.listing import Surveyed, Tally, survey
from model_factory.curation.sources.raw_file import RawFile
from model_factory.nouns import Lineage, Snapshot, SourceListing

DOCUMENTS = "raw.documents"
SCRAP = "raw.scrap"

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

    What cannot be read, and what was erased, goes to `raw.scrap` with a reason and never stops the run. Raises
    SourcesChanged when the files are not those of `listing`, CardError when no document is left.
    """
    rows, scrap, tally, erased = [], [], Tally(), Erased()
    with ledger.progress(listing.num_files, "ingest", "files") as progress:
        for surveyed in survey(section):
            tally.add(surveyed)
            for piece in pieces(surveyed, section):
                row = row_of(surveyed.file, piece)
                gone = erased.scrap_row(row)
                kept = isinstance(piece, Piece) and not gone
                (rows if kept else scrap).append(gone or row)
            progress.advance()
    _refuse_changed(listing, tally.listing())
    _refuse_empty(section, rows, scrap)
    show_counts("Ingest", [(row["source"], row["reason"]) for row in scrap], [row["source"] for row in rows])
    lake.write(SCRAP, pa.Table.from_pylist(scrap, SCRAP_SCHEMA), lineage)
    placed = place_in_repository(rows)
    return lake.write(DOCUMENTS, pa.Table.from_pylist(sorted(placed, key=_order), DOCUMENT_SCHEMA), lineage)


def place_in_repository(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The rows with their `place` among all of one source and origin (a commit, a distribution): imported
    files before those that import them, ties by path."""
    origins: dict[tuple[str, str], dict[str, str]] = defaultdict(dict)
    for row in rows:
        origins[row["source"], row["origin"]][row["path"]] = row["text"] if row["language"] == "python" else ""
    places = {
        (*origin, path): place
        for origin, texts in origins.items()
        for place, path in enumerate(dependency_order(texts))
    }
    return [row | {"place": places[row["source"], row["origin"], row["path"]]} for row in rows]


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


def _order(row: dict[str, Any]) -> str:
    return row["doc_id"]


def _refuse_changed(listing: SourceListing, found: SourceListing) -> None:
    if found.digest != listing.digest:
        raise SourcesChanged(
            f"the raw files changed after they were listed ({listing.num_files} files, {listing.size_bytes} bytes; "
            f"now {found.num_files}, {found.size_bytes}); run the same command again to list them anew"
        )


def _refuse_empty(section: Ingest, rows: list[dict[str, Any]], scrap: list[dict[str, Any]]) -> None:
    if not rows:
        counts = Counter(row["reason"] for row in scrap)
        reasons = "; ".join(f"{count} {reason} ({REASONS[reason]})" for reason, count in counts.most_common())
        names = ", ".join(source.name for source in section.sources)
        raise CardError(
            f"ingest.sources: no document came out of {names}: {reasons or 'no file found'}; "
            "name a source with readable files or raise the limits under `ingest`"
        )
