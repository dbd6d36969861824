"""Pairs of documents that say the same thing twice, over all documents and whatever any filter says of them."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import polars as pl

from model_factory.cards.deduplicate import NearDuplicates
from model_factory.curation.dedup.candidates import near_candidates, plausible
from model_factory.curation.dedup.exact import NORMALS_SCHEMA, exact_pairs, normals
from model_factory.curation.dedup.signatures import VERSION, signatures
from model_factory.curation.dedup.signed import ORDER as ORDER
from model_factory.curation.dedup.signed import Signed
from model_factory.curation.dedup.verify import similarities

PAIRS_SCHEMA = pl.Schema({"doc_id": pl.String, "other_doc_id": pl.String, "kind": pl.String, "similarity": pl.Float64})
COMPARED_SCHEMA = pl.Schema(
    {
        "doc_id": pl.String,
        "other_doc_id": pl.String,
        "key": pl.Binary,
        "other_key": pl.Binary,
        "comparison": pl.String,
        "similarity": pl.Float64,
    }
)
MEMORY_BYTES = 1 << 30
SIGNED_PART, CHUNK_PART = 4, 16  # of the memory: signatures; text that is compared, about four bytes for one
# Texts (doc_id, text) of some documents.
Lookup = Callable[[pl.Series], pl.DataFrame]
# Told all documents that will be asked for, gives the way to ask: it may fetch them together.
Texts = Callable[[pl.Series], Lookup]


@dataclass(frozen=True)
class Known:
    """What came out of comparing texts (NORMALS_SCHEMA, COMPARED_SCHEMA): no two texts are ever compared twice."""

    normals: pl.DataFrame
    compared: pl.DataFrame


NOTHING = Known(NORMALS_SCHEMA.to_frame(), COMPARED_SCHEMA.to_frame())


@dataclass(frozen=True)
class Found(Known):
    """The pairs (PAIRS_SCHEMA), and what was known or found out for them."""

    pairs: pl.DataFrame


def find(documents: pl.DataFrame, settings: NearDuplicates, seed: int, known: Known = NOTHING) -> Found:
    """Sign and compare `documents` (doc_id, source, path, text) that are in memory."""
    texts = documents.select("doc_id", "text")
    signed = signatures(documents, settings, seed)
    return compare(_in_memory(signed), settings, lambda _: _lookup_in(texts), known)


def pairs_of(new: pl.DataFrame, settings: NearDuplicates, lookup: Lookup) -> pl.DataFrame:
    """The pairs (PAIRS_SCHEMA) among `new` signatures, made by however many processes."""
    return compare(_in_memory(new), settings, lambda _: lookup).pairs


def compare(
    signed: Signed, settings: NearDuplicates, texts: Texts, known: Known = NOTHING, memory_bytes: int = MEMORY_BYTES
) -> Found:
    """Every pair of documents that are equal, or nearly equal and compared in full.

    `other_doc_id` is the earlier by (source, path, doc_id). Equal texts are paired with the first of their kind, and
    only that one is compared with others: `near` holds between kinds. `known` spares reading texts and changes
    nothing else. ValueError for signatures of several recipes.
    """
    _refuse_two_recipes(signed.recipes())
    chunk_bytes = memory_bytes // CHUNK_PART
    normal = _normals(signed.sharing_content(), texts, known.normals, chunk_bytes)
    exact = exact_pairs(normal).with_columns(kind=pl.lit("exact"), similarity=pl.lit(1.0))
    near = _compared(_candidates(signed, settings, exact["doc_id"]), settings, texts, known.compared, chunk_bytes)
    alike = near.filter(pl.col("similarity") >= settings.threshold).with_columns(kind=pl.lit("near"))
    pairs = pl.concat(rows.select(PAIRS_SCHEMA.names()).cast(PAIRS_SCHEMA) for rows in (exact, alike))
    return Found(
        normal.select(NORMALS_SCHEMA.names()).sort("doc_id"), near, pairs.sort("kind", "doc_id", "other_doc_id")
    )


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


def comparison(settings: NearDuplicates) -> str:
    """What decides the similarity that is computed of two texts."""
    return json.dumps({"ngram": settings.ngram, "threshold": settings.threshold, "version": VERSION}, sort_keys=True)


def _normals(shared: pl.DataFrame, texts: Texts, known: pl.DataFrame, chunk_bytes: int) -> pl.DataFrame:
    """`shared` with its normal texts' digests, those that are not known from the texts."""
    told = shared.join(known, on=["doc_id", "key"], how="left", maintain_order="left")
    open_ = told.filter(pl.col("normal").is_null())
    lookup = texts(open_["doc_id"])
    made = [normals(lookup(ids)) for ids in _chunks(open_, chunk_bytes)]
    if not made:
        return told
    read = told.join(pl.concat(made), on="doc_id", how="left", maintain_order="left", suffix="_read")
    return read.with_columns(normal=pl.coalesce("normal", "normal_read")).drop("normal_read")


def _chunks(documents: pl.DataFrame, chunk_bytes: int) -> Iterator[pl.Series]:
    at = documents["num_bytes"].cum_sum() // chunk_bytes
    for _, some in documents.with_columns(chunk=at).group_by("chunk", maintain_order=True):
        yield some["doc_id"]


def _candidates(signed: Signed, settings: NearDuplicates, copies: pl.Series) -> pl.DataFrame:
    """Pairs that may be near: doc_id, other_doc_id, and for both the key and the number of bytes."""
    rows = signed.sharing_bands(settings.num_bands, copies)
    proposed = near_candidates(rows["bands"], np.arange(len(rows)), np.ones(len(rows), dtype=bool))
    proposed = plausible(rows["sketch"], proposed, settings.threshold)
    first, second = (rows.select("doc_id", "key", "num_bytes")[proposed[:, side]] for side in (0, 1))
    return second.hstack(first.rename(lambda name: f"other_{name}")).sort("doc_id", "other_doc_id")


def _compared(
    pairs: pl.DataFrame, settings: NearDuplicates, texts: Texts, known: pl.DataFrame, chunk_bytes: int
) -> pl.DataFrame:
    """`pairs` as COMPARED_SCHEMA with their similarities, those that are not known from the texts."""
    asked = pairs.with_columns(comparison=pl.lit(comparison(settings)))
    told = asked.join(known, on=COMPARED_SCHEMA.names()[:-1], how="left", maintain_order="left")
    new = told.filter(pl.col("similarity").is_null())
    sides = [new.select("doc_id", "num_bytes"), new.select(doc_id="other_doc_id", num_bytes="other_num_bytes")]
    documents = pl.concat(sides).unique().sort("doc_id")
    names, lookup = documents["doc_id"], texts(documents["doc_id"])

    def texts_of(positions: np.ndarray) -> pl.Series:
        ids = names.gather(positions)
        return ids.to_frame("doc_id").join(lookup(ids), on="doc_id", how="left", maintain_order="left")["text"]

    places = [names.search_sorted(new[side]).to_numpy().astype(np.int64) for side in ("other_doc_id", "doc_id")]
    sizes_D, pairs_P = documents["num_bytes"].to_numpy(), np.stack(places, axis=1)
    similarity = similarities(texts_of, sizes_D, pairs_P, settings.ngram, settings.threshold, chunk_bytes)
    read = new.with_columns(similarity=pl.Series(similarity, dtype=pl.Float64))
    both = pl.concat([told.filter(pl.col("similarity").is_not_null()), read])
    return both.select(COMPARED_SCHEMA.names()).sort("doc_id", "other_doc_id")


def _in_memory(signed: pl.DataFrame) -> Signed:
    return Signed(lambda columns: iter([signed.select(columns)]), len(signed), MEMORY_BYTES)


def _lookup_in(texts: pl.DataFrame) -> Lookup:
    return lambda ids: texts.filter(pl.col("doc_id").is_in(ids.implode()))


def _refuse_two_recipes(recipes: list[str]) -> None:
    if len(recipes) > 1:
        raise ValueError(
            f"deduplicate.near: signatures were made as {' and '.join(recipes)}, which cannot be compared; "
            "sign all documents with the same settings and seed"
        )
