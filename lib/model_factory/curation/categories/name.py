"""The words that tell one cluster from the others.

Class-based tf-idf (Grootendorst 2022, arXiv 2203.05794) on documents instead of words: the share of a cluster's
documents that have a word, times how rare the word is over all clusters.
"""

import numpy as np
import polars as pl

from model_factory.curation.vocabulary import words_of

BATCH_DOCUMENTS = 1000
# One letter tells nothing, and a word that one document has tells of that document.
MIN_LETTERS, MIN_DOCUMENTS = 2, 2


def names(texts: pl.Series, labels_D: np.ndarray, num_terms: int) -> dict[int, str]:
    """Label → its `num_terms` most telling words, the best first, joined by commas."""
    held = _documents_with(texts, labels_D)
    sizes = pl.DataFrame({"label": labels_D}).group_by("label").agg(size=pl.len())
    rows = held.join(sizes, on="label").with_columns(share=pl.col("documents") / pl.col("size"))
    rows = rows.filter(pl.col("documents").sum().over("word") >= MIN_DOCUMENTS)
    rarity = (1 + pl.lit(len(sizes)) / pl.col("share").sum().over("word")).log()
    # Rounded, so that the order of equal ones is the alphabet's on every machine.
    scored = rows.with_columns(score=(pl.col("share") * rarity).round(9)).sort(
        "label", "score", "word", descending=[False, True, False]
    )
    best = scored.group_by("label", maintain_order=True).head(num_terms)
    told = best.group_by("label", maintain_order=True).agg(pl.col("word").str.join(", "))
    return {label: "" for label in np.unique(labels_D).tolist()} | dict(told.rows())


def _documents_with(texts: pl.Series, labels_D: np.ndarray) -> pl.DataFrame:
    """label, word, documents: how many documents of a cluster have a word."""
    parts = []
    for start in range(0, len(texts), BATCH_DOCUMENTS):
        words = words_of(texts[start : start + BATCH_DOCUMENTS])
        documents, codes = words.by_document()
        label = pl.Series("label", labels_D[start + documents])
        rows = pl.DataFrame([label, words.vocabulary.gather(codes).alias("word")])
        parts.append(rows.group_by("label", "word").agg(documents=pl.len().cast(pl.Int64)))
    summed = pl.concat(parts).group_by("label", "word").agg(pl.col("documents").sum())
    return summed.filter(pl.col("word").str.len_chars() >= MIN_LETTERS)
