"""Passages that stand elsewhere already: where they are, which document had them first, and texts without them."""

from collections.abc import Iterable

import polars as pl

from model_factory.curation.dedup.find import PAIRS_SCHEMA

# Places count bytes of the text in UTF-8; they never cut a character.
SPANS_SCHEMA = pl.Schema(
    {
        "doc_id": pl.String,
        "other_doc_id": pl.String,
        "kind": pl.String,
        "start_byte": pl.Int64,
        "end_byte": pl.Int64,
    }
)


def cut(documents: pl.DataFrame, spans: pl.DataFrame) -> pl.DataFrame:
    """`documents` (doc_id, text, …) in their order without `spans` (SPANS_SCHEMA, in any order, overlaps allowed)."""
    places = spans.sort("start_byte").group_by("doc_id").agg("start_byte", "end_byte")
    touched = documents.select("doc_id", "text").join(places, on="doc_id", maintain_order="left")
    texts = [_without(text, zip(starts, ends, strict=True)) for _, text, starts, ends in touched.iter_rows()]
    rest = touched.select("doc_id", cut=pl.Series(texts, dtype=pl.String))
    joined = documents.join(rest, on="doc_id", how="left", maintain_order="left")
    return joined.with_columns(text=pl.coalesce("cut", "text")).drop("cut")


def _without(text: str, places: Iterable[tuple[int, int]]) -> str:
    content, kept, at = text.encode(), [], 0
    for start, end in places:
        kept.append(content[at:start])
        at = max(at, end)
    return b"".join([*kept, content[at:]]).decode()


def span_pairs(documents: pl.DataFrame, spans: pl.DataFrame) -> pl.DataFrame:
    """Which documents share passages, as PAIRS_SCHEMA: `similarity` is the share of the bytes of `doc_id`'s text
    that `other_doc_id` had first (spans of one kind do not overlap). `choose` leaves no document out for them."""
    sizes = documents.select("doc_id", size=pl.col("text").str.len_bytes())
    length = pl.col("end_byte") - pl.col("start_byte")
    lengths = spans.group_by("doc_id", "other_doc_id", "kind").agg(length=length.sum())
    shares = lengths.join(sizes, on="doc_id").with_columns(similarity=pl.col("length") / pl.col("size"))
    return shares.select(PAIRS_SCHEMA.names()).sort("kind", "doc_id", "other_doc_id")
