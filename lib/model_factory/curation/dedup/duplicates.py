"""Which documents are left out as duplicates, and of which document."""

from collections import defaultdict

import numpy as np
import polars as pl

from model_factory.cards.curate import NearDuplicates
from model_factory.curation.dedup.candidates import candidates
from model_factory.curation.dedup.verify import verified

# Moves whenever the same documents could give other duplicates.
VERSION = "1"
DUPLICATES_SCHEMA = pl.Schema(
    {"doc_id": pl.String, "kept_doc_id": pl.String, "kind": pl.String, "similarity": pl.Float64}
)


def duplicates(documents: pl.DataFrame, settings: NearDuplicates, seed: int) -> pl.DataFrame:
    """The documents to leave out, as DUPLICATES_SCHEMA, from `documents` (doc_id, source, path, text).

    Of equal documents the first by (source, path, doc_id) is kept. A near duplicate is left out only for
    a document that is itself kept and whose exact similarity reaches the threshold: unlike connected
    components, a chain of small differences never joins documents that are far apart.
    """
    ordered = documents.sort("source", "path", "doc_id")
    exact = exact_duplicates(ordered)
    distinct = ordered.join(exact, on="doc_id", how="anti", maintain_order="left")
    near = near_duplicates(distinct, settings, seed)
    return pl.concat([_redirect(exact, near), near]).sort("doc_id")


def exact_duplicates(documents: pl.DataFrame) -> pl.DataFrame:
    """Documents equal to an earlier one when runs of white space count as one blank."""
    normal = pl.col("text").str.replace_all(r"\s+", " ").str.strip_chars(" ")
    same = documents.select("doc_id", kept_doc_id=pl.col("doc_id").first().over(normal))
    later = same.filter(pl.col("doc_id") != pl.col("kept_doc_id"))
    return later.with_columns(kind=pl.lit("exact"), similarity=pl.lit(1.0)).cast(DUPLICATES_SCHEMA)


def near_duplicates(documents: pl.DataFrame, settings: NearDuplicates, seed: int) -> pl.DataFrame:
    """Documents whose set of word n-grams is similar enough to that of an earlier document that is kept."""
    proposed = candidates(documents["text"], settings, seed)
    pairs, similarity = verified(documents["text"], proposed, settings.ngram, settings.threshold)
    left_out = choose(pairs, similarity)
    names = documents["doc_id"]
    rows = [(names[later], names[kept], "near", value) for later, (kept, value) in left_out.items()]
    return pl.DataFrame(rows, schema=DUPLICATES_SCHEMA, orient="row")


def choose(pairs: np.ndarray, similarity: np.ndarray) -> dict[int, tuple[int, float]]:
    """Walk the documents in order and leave out each that has a similar one among those kept so far.

    `pairs` (i < j) are positions in that order. Gives, for every document left out, the most similar
    kept one (the earliest of equals) and the similarity.
    """
    earlier: dict[int, list[tuple[float, int]]] = defaultdict(list)
    for (first, second), value in zip(pairs.tolist(), similarity.tolist(), strict=True):
        earlier[second].append((-value, first))
    left_out: dict[int, tuple[int, float]] = {}
    for document in sorted(earlier):
        kept = sorted(pair for pair in earlier[document] if pair[1] not in left_out)
        if kept:
            left_out[document] = (kept[0][1], -kept[0][0])
    return left_out


def _redirect(exact: pl.DataFrame, near: pl.DataFrame) -> pl.DataFrame:
    """Equal documents whose first was left out for a near one point to what is really kept."""
    first = near.rename({"doc_id": "kept_doc_id", "kept_doc_id": "final"}).rename({"kind": "as", "similarity": "at"})
    joined = exact.join(first, on="kept_doc_id", how="left", maintain_order="left")
    return joined.select(
        "doc_id",
        kept_doc_id=pl.coalesce("final", "kept_doc_id"),
        kind=pl.coalesce("as", "kind"),
        similarity=pl.coalesce("at", "similarity"),
    )
