"""Which documents are meant."""

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from model_factory import lake
from model_factory.lake.handle import open_table
from model_factory.lake.holders import every_batch
from model_factory.lake.references import is_in

# Where documents have a source and a path.
NAMED_IN = ("raw.documents", "raw.scrap", "clean.documents", "curated.documents", "curated.scrap")
MIN_DIGITS = 8
_ID = re.compile(rf"[0-9a-f]{{{MIN_DIGITS},64}}")
_SHOWN = 5


@dataclass(frozen=True, order=True)
class Named:
    """A document that some snapshot of the lake speaks of; source and path are "" where only its id is known."""

    source: str
    path: str
    doc_id: str

    @property
    def words(self) -> str:
        return f"{self.doc_id} ({self.source}:{self.path})" if self.source else self.doc_id


def wanted(names: Sequence[str]) -> list[Named]:
    """The documents that the names mean, each a doc_id (8 digits or more of it), `source:path` or a source.

    `source:path` means every version of it that the lake ever held. LookupError for a name that means nothing,
    or that could mean several.
    """
    known = sorted(set(_known()))
    found = {document for name in names for document in _meant(name, known)}
    return sorted(found)


def _meant(name: str, known: list[Named]) -> list[Named]:
    by_name = [one for one in known if name == f"{one.source}:{one.path}"]
    by_source = [one for one in known if name == one.source]
    by_id = [one for one in known if _ID.fullmatch(name) and one.doc_id.startswith(name)] if not by_name else []
    by_id = by_id or (_elsewhere(name) if _ID.fullmatch(name) and not (by_name or by_source) else [])
    kinds = [found for found in (by_name, by_source, by_id) if found]
    if not kinds:
        raise LookupError(_unknown(name, known))
    if len(kinds) > 1 or len({one.doc_id for one in by_id}) > 1:
        several = [one for found in kinds for one in found]
        shown = ", ".join(one.words for one in several[:_SHOWN]) + (", …" if len(several) > _SHOWN else "")
        raise LookupError(
            f"{name!r} could mean {len(several)} documents: {shown}; write more digits, or source:path for one document"
        )
    return kinds[0]


def _known() -> Iterator[Named]:
    for table in sorted(set(NAMED_IN) & set(lake.tables())):
        for batch in every_batch(open_table(table), ["doc_id", "source", "path"]):
            yield from (Named(row["source"], row["path"], row["doc_id"]) for row in batch.to_pylist())


def _elsewhere(prefix: str) -> list[Named]:
    """Rows of other tables with an id of their own: problems, transcripts, whatever was appended to a live table."""
    found: set[str] = set()
    for table in lake.tables():
        handle = open_table(table)
        if "doc_id" in handle.schema().column_names:
            for batch in every_batch(handle, ["doc_id"]):
                ids = batch["doc_id"].to_pylist() if batch.num_columns else []
                found |= {doc_id for doc_id in ids if doc_id and doc_id.startswith(prefix)}
    return [Named("", "", doc_id) for doc_id in sorted(found)]


def copies(texts: Collection[str], but: Collection[str]) -> list[Named]:
    """Documents of other ids (not `but`) that came in with one of the texts, to the letter."""
    table = "raw.documents"
    found: set[Named] = set()
    for batch in every_batch(open_table(table), ["doc_id", "source", "path", "text"]) if table in lake.tables() else []:
        same = batch.filter(is_in(batch["text"], texts))
        rows = same.select(["source", "path", "doc_id"]).to_pylist()
        found |= {Named(**row) for row in rows if row["doc_id"] not in but}
    return sorted(found)


def _unknown(name: str, known: list[Named]) -> str:
    if _ID.fullmatch(name) and lake.tombstone("doc_id", name) in lake.tombstones():
        return f"document {name} was forgotten already: nothing of it is left"
    sources = ", ".join(sorted({one.source for one in known})) or "none yet"
    return (
        f"no document or source {name!r} in the lake; write a doc_id ({MIN_DIGITS} digits or more of it), source:path "
        f"as ingest names it, or one of the sources: {sources}"
    )
