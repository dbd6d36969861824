"""Lines and paragraphs that stand elsewhere already.

As C4 (Raffel et al. 2020) does with spans of three sentences; here units are lines or paragraphs, equal up to white
space, and the first occurrence is named.
"""

import polars as pl
import polars_hash as plh

from model_factory.cards.deduplicate import RepeatedPassages
from model_factory.curation.dedup.spans import SPANS_SCHEMA

PASSAGES_SCHEMA = pl.Schema({"doc_id": pl.String, "start_byte": pl.Int64, "end_byte": pl.Int64, "key": pl.Binary})


def passages(documents: pl.DataFrame, settings: RepeatedPassages) -> pl.DataFrame:
    """The passages of `documents` (doc_id, text) that are long enough, as PASSAGES_SCHEMA: where each stands, its line
    break included, and 128 bits of XXH3 of its words and marks (the same on every machine). Stored once, they are
    compared with later documents without reading these again."""
    lines = documents.select("doc_id", line=pl.col("text").str.split("\n")).explode("line")
    size = pl.col("line").str.len_bytes().cast(pl.Int64) + 1
    lines = lines.with_columns(end_byte=size.cum_sum().over("doc_id"), size=size)
    lines = lines.with_columns(start_byte=pl.col("end_byte") - pl.col("size")).drop("size")
    units = lines if settings.unit == "line" else _paragraphs(lines)
    # The last line has no break of its own.
    lengths = documents.select("doc_id", length=pl.col("text").str.len_bytes().cast(pl.Int64))
    normal = pl.col("line").str.replace_all(r"\s+", " ").str.strip_chars(" ")
    found = units.join(lengths, on="doc_id", maintain_order="left").with_columns(
        end_byte=pl.min_horizontal("end_byte", "length"), line=normal
    )
    long_enough = found.filter(pl.col("line").str.len_chars() >= settings.min_chars)
    key = plh.col("line").nchash.xxh3_128(return_binary=True, byte_order="big")
    return long_enough.with_columns(key=key).select(PASSAGES_SCHEMA.names())


def _paragraphs(lines: pl.DataFrame) -> pl.DataFrame:
    """Runs of lines with something in them."""
    blank = pl.col("line").str.strip_chars() == ""
    numbered = lines.with_columns(paragraph=blank.cast(pl.UInt32).cum_sum().over("doc_id")).filter(~blank)
    return numbered.group_by("doc_id", "paragraph", maintain_order=True).agg(
        pl.col("line").str.join("\n"), pl.col("start_byte").min(), pl.col("end_byte").max()
    )


def repeated_passages(found: pl.DataFrame, documents: pl.Series, settings: RepeatedPassages) -> pl.DataFrame:
    """The passages that are not the first of their key, as SPANS_SCHEMA, sorted.

    `found` are PASSAGES_SCHEMA of any documents, `documents` the ids of those that are kept, the preferred first:
    what stands in no kept document counts for nothing. A pure function of both; passages with different keys never
    meet, so that parts of `found` by key can be searched apart.
    """
    order = documents.to_frame("doc_id").with_row_index("place")
    kept = found.join(order, on="doc_id").sort("place", "start_byte")
    first = kept.with_columns(
        other_doc_id=pl.col("doc_id").first().over("key"), rank=pl.int_range(pl.len()).over("key")
    ).filter(pl.col("rank") > 0)
    spans = first.with_columns(kind=pl.lit(settings.unit)).select(SPANS_SCHEMA.names())
    return spans.sort("doc_id", "start_byte")
