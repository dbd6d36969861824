"""Texts that are equal when runs of white space count as one blank."""

import polars as pl
import polars_hash as plh

NORMALS_SCHEMA = pl.Schema({"doc_id": pl.String, "key": pl.Binary, "normal": pl.String})


def normals(texts: pl.DataFrame) -> pl.DataFrame:
    """Of texts (doc_id, text) the SHA-256 with runs of white space as one blank: equal texts and no others share it."""
    normal = pl.col("text").str.replace_all(r"\s+", " ").str.strip_chars(" ")
    return texts.with_columns(text=normal).select("doc_id", normal=plh.col("text").chash.sha2_256())


def exact_pairs(rows: pl.DataFrame) -> pl.DataFrame:
    """Of `rows` (doc_id, normal, the preferred first) each that is not the first of its kind with the first:
    doc_id, other_doc_id."""
    first = pl.col("doc_id").first().over("normal")
    return rows.select("doc_id", other_doc_id=first).filter(pl.col("doc_id") != pl.col("other_doc_id"))
