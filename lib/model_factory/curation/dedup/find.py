"""Pairs of documents that say the same thing twice, over all documents and whatever any filter says of them."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import polars as pl

from model_factory.cards.deduplicate import NearDuplicates
from model_factory.curation.dedup.candidates import near_candidates, plausible
from model_factory.curation.dedup.exact import exact_pairs
from model_factory.curation.dedup.signatures import SIGNATURES_SCHEMA, signatures
from model_factory.curation.dedup.verify import verified

PAIRS_SCHEMA = pl.Schema({"doc_id": pl.String, "other_doc_id": pl.String, "kind": pl.String, "similarity": pl.Float64})
ORDER = ["source", "path", "doc_id"]


@dataclass(frozen=True)
class Known:
    """What is known of documents: their signatures (SIGNATURES_SCHEMA) and the pairs among them (PAIRS_SCHEMA)."""

    signatures: pl.DataFrame
    pairs: pl.DataFrame


NOTHING = Known(SIGNATURES_SCHEMA.to_frame(), PAIRS_SCHEMA.to_frame())
# Texts (doc_id, text) of documents that are known already.
Lookup = Callable[[pl.Series], pl.DataFrame]


def find(
    documents: pl.DataFrame,
    settings: NearDuplicates,
    seed: int,
    known: Known = NOTHING,
    lookup: Lookup | None = None,
) -> Known:
    """What has to be added to `known` for `documents` (doc_id, source, path, text): their signatures, and every pair
    that has at least one of them. `lookup` reads the texts of known documents that a new one may be equal to; the
    rest are not read again. Raises ValueError where `known` was made with other settings.
    """
    texts = documents.select("doc_id", "text")

    def read(ids: pl.Series) -> pl.DataFrame:
        here = texts.filter(pl.col("doc_id").is_in(ids.implode()))
        return here if lookup is None or len(here) == len(ids) else pl.concat([here, lookup(_without(ids, here))])

    new = signatures(documents, settings, seed)
    return Known(new, pairs_of(new, settings, read, known))


def pairs_of(new: pl.DataFrame, settings: NearDuplicates, lookup: Lookup, known: Known = NOTHING) -> pl.DataFrame:
    """The pairs (PAIRS_SCHEMA) that `new` signatures, made by however many processes, have among themselves and with
    `known` ones.

    `other_doc_id` is the earlier by (source, path, doc_id). Equal texts are paired with the first of their kind, and
    only that one is compared with others: `near` holds between kinds. `near` pairs were compared in full.
    """
    _refuse_two_recipes(known.signatures, new)
    rows = pl.concat([known.signatures.with_columns(is_new=False), new.with_columns(is_new=True)]).sort(*ORDER)
    is_new_D, names = rows["is_new"].to_numpy(), rows["doc_id"]

    def texts_of(positions: np.ndarray) -> pl.Series:
        asked = names.gather(positions)
        return asked.to_frame("doc_id").join(lookup(asked), on="doc_id", how="left", maintain_order="left")["text"]

    exact = exact_pairs(rows["content"].to_numpy(), is_new_D, texts_of)
    copies = pl.concat([known.pairs.filter(pl.col("kind") == "exact")["doc_id"], names.gather(exact[:, 1])])
    compared_D = (~names.is_in(copies.implode()) & rows["bands"].is_not_null()).to_numpy()
    proposed = near_candidates(rows["bands"], np.flatnonzero(compared_D), is_new_D)
    proposed = plausible(rows["sketch"], proposed, settings.threshold)
    near, similarity = verified(texts_of, rows["num_bytes"].to_numpy(), proposed, settings.ngram, settings.threshold)
    pairs = [named_pairs(names, exact, "exact", np.ones(len(exact))), named_pairs(names, near, "near", similarity)]
    return pl.concat(pairs).sort("kind", "doc_id", "other_doc_id")


def _without(ids: pl.Series, rows: pl.DataFrame) -> pl.Series:
    return ids.filter(~ids.is_in(rows["doc_id"].implode()))


def named_pairs(names: pl.Series, pairs: np.ndarray, kind: str, similarity: np.ndarray) -> pl.DataFrame:
    """Rows (PAIRS_SCHEMA) of pairs (i < j) of positions in `names`."""
    return pl.DataFrame(
        {
            "doc_id": names.gather(pairs[:, 1]),
            "other_doc_id": names.gather(pairs[:, 0]),
            "kind": pl.Series([kind], dtype=pl.String).new_from_index(0, len(pairs)),
            "similarity": similarity,
        },
        schema=PAIRS_SCHEMA,
    )


def _refuse_two_recipes(stored: pl.DataFrame, new: pl.DataFrame) -> None:
    made, wanted = (set(rows["recipe"].unique()) for rows in (stored, new))
    if stored.height and new.height and made != wanted:
        raise ValueError(
            f"deduplicate.near: stored signatures were made as {' and '.join(sorted(made))}, the card asks for "
            f"{' and '.join(sorted(wanted))}; sign the stored documents again or keep the card's values"
        )
