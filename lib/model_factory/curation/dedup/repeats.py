"""The stations that take out of texts what stands elsewhere already."""

import polars as pl

from model_factory import lake, ledger
from model_factory.cards.deduplicate import Repeats
from model_factory.curation.clean import DOCUMENTS, read_cleaned
from model_factory.curation.dedup.choose import choose
from model_factory.curation.dedup.find import ORDER, PAIRS_SCHEMA
from model_factory.curation.dedup.passages import passages, repeated_passages
from model_factory.curation.dedup.spans import SPANS_SCHEMA, cut
from model_factory.curation.dedup.substrings import repeated_substrings
from model_factory.curation.frames import frames, reader
from model_factory.curation.normalise.apply import CHANGE_SCHEMA, PROGRAMS
from model_factory.curation.normalise.same_program import parses
from model_factory.curation.report import table_html
from model_factory.nouns import Lineage, Snapshot

REPEATS = "curated.repeats"
STEP = "repeats"
TEXT_PART = 8  # of the memory: texts before and after, as columns and as Python's strings
# Moves whenever the same texts could be cut otherwise.
VERSION = "1"


def find_repeats(section: Repeats, cleaned: list[Snapshot], pairs: Snapshot, lineage: Lineage) -> Snapshot:
    """Publish `curated.repeats`: every passage and run of words that stood before, by (source, path, doc_id), and the
    document that had it first.

    A document that repeats another as a whole (`pairs`) takes no part: nothing is cut from it and nothing because of
    it, since `curate` leaves it out, or keeps it whole should a filter condemn the other. Whether a filter will condemn
    the document that had a passage first cannot be known before texts are cut; the passage is then lost.
    Passages are read shard by shard; runs of words take all texts at once, and about 60 bytes for each word of those
    that have one.
    """
    found = [SPANS_SCHEMA.to_frame()]
    if section.passages or section.substrings:
        documents = _preferred(cleaned, pairs)
        if section.passages:
            parts = [passages(_texts([shard]), section.passages) for shard in cleaned]
            found.append(repeated_passages(pl.concat(parts), documents["doc_id"], section.passages))
        if section.substrings:
            texts = documents.join(_texts(cleaned), on="doc_id", how="left", maintain_order="left")
            found.append(repeated_substrings(texts, section.substrings))
    spans = pl.concat(found).sort("doc_id", "start_byte", "end_byte", "kind")
    ledger.show("Repeats", repeats_html(spans, read_cleaned(cleaned, ORDER)))
    return lake.write(REPEATS, spans.to_arrow(), lineage)


def cut_shard(section: Repeats, cleaned: Snapshot, repeats: Snapshot, lineage: Lineage) -> Snapshot:
    """Stage a shard of `clean.documents` without what `repeats` names, on a branch `cut-…`; the shard as it is where
    the card cuts nothing.

    What was cut stands among each document's `changes` as step `repeats`. A cut is withheld where a program would no
    longer parse. A text may come out empty.
    """
    if not (section.passages or section.substrings):
        return cleaned
    if cleaned.num_rows == 0:
        return cleaned
    empty = pl.DataFrame(lake.read(cleaned, row_filter="doc_id < ''"))
    documents = frames(cleaned, empty.columns, section.memory_bytes // TEXT_PART)
    made = (without_repeats(rows, _spans_of(rows, repeats)) for rows in documents)
    return lake.stage(DOCUMENTS, reader(made, empty), lineage, label="cut")


def _spans_of(documents: pl.DataFrame, repeats: Snapshot) -> pl.DataFrame:
    """The spans of some documents in a row of ids."""
    mine = f"doc_id >= '{documents['doc_id'][0]}' and doc_id <= '{documents['doc_id'][-1]}'"
    return pl.DataFrame(lake.read(repeats, row_filter=mine))


def without_repeats(documents: pl.DataFrame, spans: pl.DataFrame) -> pl.DataFrame:
    """`documents` (doc_id, language, text, changes, …) in their order without `spans` (SPANS_SCHEMA)."""
    rest = cut(documents.select("doc_id", "text"), spans)["text"]
    touched = documents.select("doc_id", "language", "text", rest=rest).filter(pl.col("text") != pl.col("rest"))
    rows = [_change(*row) for row in touched.iter_rows()]
    made = pl.DataFrame(rows, schema=CHANGE_SCHEMA, orient="row")
    change = made.select("doc_id", change=pl.concat_list(pl.struct(pl.exclude("doc_id"))))
    texts = touched.select("doc_id", "rest").filter(~made["withheld"])
    joined = documents.join(change, on="doc_id", how="left", maintain_order="left")
    joined = joined.join(texts, on="doc_id", how="left", maintain_order="left")
    added = pl.col("changes").list.concat(pl.col("change").fill_null(pl.lit([], dtype=change.schema["change"])))
    return joined.with_columns(text=pl.coalesce("rest", "text"), changes=added).drop("change", "rest")


def _change(doc_id: str, language: str, before: str, after: str) -> tuple[str, str, str, int, int, bool]:
    withheld = language in PROGRAMS and parses(before) and not parses(after)
    return doc_id, STEP, VERSION, before.count("\n") - after.count("\n"), len(before) - len(after), withheld


def _preferred(cleaned: list[Snapshot], pairs: Snapshot) -> pl.DataFrame:
    """The ids of the documents that repeat no other as a whole, the preferred first."""
    documents = read_cleaned(cleaned, ORDER).sort(*ORDER).select("doc_id")
    copies = choose(pl.DataFrame(lake.read(pairs, PAIRS_SCHEMA.names())), documents["doc_id"])
    return documents.join(copies, on="doc_id", how="anti", maintain_order="left")


def _texts(cleaned: list[Snapshot]) -> pl.DataFrame:
    return read_cleaned(cleaned, ["doc_id", "text"])


def repeats_html(spans: pl.DataFrame, documents: pl.DataFrame) -> str:
    """How much of each kind was found, and which of `documents` (doc_id, source, path) share most."""
    named = documents.select("doc_id", document=pl.concat_str("source", "path", separator=":"))
    size = (pl.col("end_byte") - pl.col("start_byte")).sum().alias("bytes")
    counts = (pl.len().alias("passages"), pl.col("doc_id").n_unique().alias("documents"), size)
    kinds = spans.group_by("kind").agg(*counts).sort("kind")
    shared = spans.group_by("doc_id", "other_doc_id").agg(size).sort("bytes", "doc_id", "other_doc_id", descending=True)
    first = named.select(other_doc_id="doc_id", had_first="document")
    most = shared.head(20).join(named, on="doc_id", maintain_order="left")
    most = most.join(first, on="other_doc_id", maintain_order="left")
    return table_html(kinds) + table_html(most.select("document", "had_first", "bytes", "doc_id", "other_doc_id"))
