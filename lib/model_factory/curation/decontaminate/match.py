"""Which documents hold which items of the evaluations: an n-gram join.

After Brown et al. 2020 (GPT-3, appendix C) and Chowdhery et al. 2022 (PaLM, section 8: a share of the item's 8-grams).
Here short items are looked for too, and every match is recorded with its share. Shapes: W windows.
"""

import numpy as np
import polars as pl

from model_factory import ledger
from model_factory.curation.decontaminate.index import Index, Ngrams, low_bits, words_of
from model_factory.curation.dedup.windows import batches

# Moves whenever the same documents and items could match otherwise.
VERSION = "1"
BATCH_BYTES = 1 << 23  # text whose windows are held at once
MATCHES_SCHEMA = pl.Schema(
    {"doc_id": pl.String, "benchmark": pl.String, "item": pl.String, "overlap": pl.Float64, "num_ngrams": pl.Int64}
)


def shared_items(documents: pl.DataFrame, index: Index) -> pl.DataFrame:
    """A row for every one of `documents` (doc_id, text) and item of which it holds an n-gram, as MATCHES_SCHEMA:
    `overlap` is the share that it holds of the `num_ngrams` distinct ones of the item's row (the row with the largest
    share where an item has several). Sorted. Documents are independent: shards may be matched apart.
    """
    parts = [pl.DataFrame(schema={"document": pl.Int64, "place": pl.UInt32, "count": pl.UInt32})]
    with ledger.progress(len(documents), "evaluations in the data", "documents") as progress:
        start = 0
        for texts in batches(documents["text"], BATCH_BYTES):
            for ngrams in index.ngrams:
                found = _shared(texts, ngrams).select(pl.col("document") + start, "place", "count")
                parts.append(found.cast(parts[0].schema))  # type: ignore[arg-type]
            start += len(texts)
            progress.advance(len(texts))
    shared = pl.concat(parts).join(index.items, on="place").with_columns(overlap=pl.col("count") / pl.col("num_ngrams"))
    matches = shared.with_columns(doc_id=documents["doc_id"].gather(shared["document"]))
    best = matches.sort("overlap", "num_ngrams", descending=True).unique(
        ["doc_id", "benchmark", "item"], keep="first", maintain_order=True
    )
    return best.select(MATCHES_SCHEMA.names()).cast(MATCHES_SCHEMA).sort("doc_id", "benchmark", "item")  # type: ignore[arg-type]


def _shared(texts: pl.Series, ngrams: Ngrams) -> pl.DataFrame:
    """How many distinct n-grams each document shares with each item: (document, place, count)."""
    found = words_of(texts, ngrams.length)
    maybe_W = np.flatnonzero(ngrams.maybe[low_bits(found.hashes, ngrams.maybe)])
    hashes = found.hashes[maybe_W]
    at = np.minimum(np.searchsorted(ngrams.hashes_G, hashes), len(ngrams.hashes_G) - 1)
    known = ngrams.hashes_G[at] == hashes
    documents = np.searchsorted(found.offsets, maybe_W[known], side="right") - 1
    hits = pl.DataFrame({"document": documents, "hash": hashes[known]}).unique()
    return hits.join(ngrams.holders, on="hash").group_by("document", "place").agg(count=pl.len())
