"""The stations that find what says the same thing twice: texts are signed by shard, signatures compared across all."""

from collections.abc import Iterator

import polars as pl

from model_factory import lake
from model_factory.cards.deduplicate import Deduplicate
from model_factory.curation.clean import read_cleaned
from model_factory.curation.dedup.exact import NORMALS_SCHEMA
from model_factory.curation.dedup.find import COMPARED_SCHEMA, ORDER, SIGNED_PART, Known, compare, comparison
from model_factory.curation.dedup.signatures import SIGNATURES_SCHEMA, recipe, signatures, text_key
from model_factory.curation.dedup.signed import Signed
from model_factory.curation.dedup.texts import fetched
from model_factory.curation.dedup.urls import url_pairs
from model_factory.curation.frames import frames, reader
from model_factory.nouns import Lineage, Snapshot

PAIRS = "curated.pairs"
SIGNATURES = "curated.signatures"
# What comparing texts came to, so that nothing is compared twice.
NORMALS = "curated.normals"
COMPARED = "curated.compared"
TEXT_PART = 8  # of the memory: a batch of text, its words and their hashes


def sign_shard(section: Deduplicate, cleaned: Snapshot, lineage: Lineage) -> Snapshot:
    """Stage the signatures of one shard on a branch of `curated.signatures`.

    A text that the lake holds a signature of is not signed again: the row would be the same.
    """
    documents = frames(cleaned, ["doc_id", "source", "path", "text"], section.memory_bytes // TEXT_PART)
    made = (_signed(section, rows) for rows in documents)
    return lake.stage(SIGNATURES, reader(made, SIGNATURES_SCHEMA.to_frame()), lineage, label="signatures")


def find_pairs(section: Deduplicate, cleaned: list[Snapshot], signed: list[Snapshot], lineage: Lineage) -> Snapshot:
    """Publish `curated.pairs`: every pair of documents that are equal, nearly equal and compared in full, or one page
    of the web, with the `threshold` that it reached.

    Publishes the signatures and all comparisons beside it: the next run signs and compares only what is new
    among its documents, and finds the same pairs as if it had seen all of them at once.
    """
    _refuse_unsigned(cleaned, signed)
    held_bytes = section.memory_bytes // TEXT_PART

    def read(columns: list[str]) -> Iterator[pl.DataFrame]:
        yield pl.DataFrame(schema={name: SIGNATURES_SCHEMA[name] for name in columns})
        for shard in signed:
            yield from frames(shard, columns, held_bytes)

    number = sum(shard.num_rows for shard in signed)
    rows = Signed(read, number, section.memory_bytes // SIGNED_PART)
    found = compare(
        rows, section.near, lambda ids: fetched(cleaned, ids, held_bytes), _known(section), section.memory_bytes
    )
    lake.write(SIGNATURES, reader(read(SIGNATURES_SCHEMA.names()), SIGNATURES_SCHEMA.to_frame()), lineage)
    lake.write(NORMALS, found.normals.to_arrow(), lineage)
    lake.write(COMPARED, found.compared.to_arrow(), lineage)
    reached = pl.when(pl.col("kind") == "near").then(section.near.threshold).otherwise(1.0)
    pairs = found.pairs
    if section.url:
        pairs = pl.concat([pairs, url_pairs(read_cleaned(cleaned, [*ORDER, "url"]), section.url)])
    return lake.write(PAIRS, pairs.with_columns(threshold=reached).to_arrow(), lineage)


def _signed(section: Deduplicate, documents: pl.DataFrame) -> pl.DataFrame:
    """The signatures of some documents in a row of ids: stored ones where the text is the same."""
    stored = _stored(section, documents["doc_id"].min(), documents["doc_id"].max())
    keys = documents.select("doc_id", key=text_key("text"))
    known = stored.join(keys, on=["doc_id", "key"], how="semi")
    new = documents.join(known, on="doc_id", how="anti", maintain_order="left")
    return pl.concat([known, signatures(new, section.near, section.seed)]).sort("doc_id")


def _stored(section: Deduplicate, first: object, last: object) -> pl.DataFrame:
    held = _published(SIGNATURES)
    if held is None:
        return SIGNATURES_SCHEMA.to_frame()
    row_filter = f"doc_id >= '{first}' and doc_id <= '{last}'"
    rows = frames(held, SIGNATURES_SCHEMA.names(), section.memory_bytes // TEXT_PART, row_filter)
    stored = pl.concat([SIGNATURES_SCHEMA.to_frame(), *rows])
    return stored.filter(pl.col("recipe") == recipe(section.near, section.seed))


def _known(section: Deduplicate) -> Known:
    normals, compared = _published(NORMALS), _published(COMPARED)
    return Known(
        pl.DataFrame(lake.read(normals)).select(NORMALS_SCHEMA.names()) if normals else NORMALS_SCHEMA.to_frame(),
        pl.DataFrame(lake.read(compared)).select(COMPARED_SCHEMA.names()).filter(comparison=comparison(section.near))
        if compared
        else COMPARED_SCHEMA.to_frame(),
    )


def _published(table: str) -> Snapshot | None:
    """What the lake holds of a table, if it can be read: without it everything is done anew."""
    try:
        return lake.head(table)
    except lake.SnapshotGone:
        return None


def _refuse_unsigned(cleaned: list[Snapshot], signed: list[Snapshot]) -> None:
    if [shard.num_rows for shard in cleaned] != [shard.num_rows for shard in signed]:
        raise ValueError(
            f"deduplicate: {len(signed)} shards of signatures for {len(cleaned)} of documents, or of other documents; "
            "sign every shard exactly once"
        )
