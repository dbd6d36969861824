"""What a document is compared by: stored once, so that later documents are compared without reading it again.

MinHash: Broder 1997; banding: Leskovec, Rajaraman, Ullman, Mining of Massive Datasets, section 3.4.
Shapes: D documents, B bands, R rows a band.
"""

import json
from dataclasses import asdict

import numpy as np
import polars as pl
import polars_hash as plh
from rensa import RMinHash  # type: ignore[attr-defined]

from model_factory import ledger
from model_factory.cards.deduplicate import NearDuplicates
from model_factory.curation.dedup.windows import Windows, batches, mixed, windows

# Moves whenever equal texts could get other signatures.
VERSION = "2"
BATCH_BYTES = 1 << 23  # text whose windows are held at once
SIGNATURES_SCHEMA = pl.Schema(
    {
        "doc_id": pl.String,
        "source": pl.String,
        "path": pl.String,
        "recipe": pl.String,
        "key": pl.Binary,
        "num_bytes": pl.Int64,
        "content": pl.Int64,
        "bands": pl.List(pl.Int64),
        "sketch": pl.Binary,
    }
)


def signatures(documents: pl.DataFrame, settings: NearDuplicates, seed: int) -> pl.DataFrame:
    """A row for every one of `documents` (doc_id, source, path, text), as SIGNATURES_SCHEMA.

    `bands` holds a key for each band: two documents agree in a band where the keys are equal. A text without words
    has nothing to compare: its bands are null. `sketch` is the low byte of every row (b-bit minwise hashing, Li and
    König 2010): the share of equal bytes estimates the similarity. `content` is equal for texts with the same
    words, whatever stands between them; `key` for equal texts alone. `recipe` names everything that decides the
    values: only rows of one recipe can be compared.
    """
    parts = [pl.DataFrame(schema={name: SIGNATURES_SCHEMA[name] for name in ("content", "bands", "sketch")})]
    with ledger.progress(documents.height, "near duplicates", "documents") as progress:
        for texts in batches(documents["text"], BATCH_BYTES):
            parts.append(_signed(texts, settings, seed))
            progress.advance(len(texts))
    return documents.select(
        "doc_id",
        "source",
        "path",
        recipe=pl.lit(recipe(settings, seed)),
        key=text_key("text"),
        num_bytes=pl.col("text").str.len_bytes().cast(pl.Int64),
    ).hstack(pl.concat(parts))


def text_key(column: str) -> pl.Expr:
    """128 bits of XXH3, the same on every machine."""
    return plh.col(column).nchash.xxh3_128(return_binary=True, byte_order="big")


def recipe(settings: NearDuplicates, seed: int) -> str:
    """What two signatures must have in common to be comparable, as JSON. The threshold is not part of it."""
    fields = {name: value for name, value in asdict(settings).items() if name != "threshold"}
    kernel = f"rensa-{RMinHash.ALGORITHM_VERSION}"
    return json.dumps({**fields, "seed": seed, "version": VERSION, "kernel": kernel}, sort_keys=True)


def _signed(texts: pl.Series, settings: NearDuplicates, seed: int) -> pl.DataFrame:
    found = windows(texts, settings.ngram)
    has_words_D = np.diff(found.offsets) > 0
    rows_DBR = _minhashes(found, settings, seed)
    low_D = rows_DBR.astype(np.uint8).reshape(-1, settings.num_bands * settings.band_rows)
    with_words = pl.DataFrame(
        {"bands": pl.Series(_band_keys(rows_DBR)).arr.to_list(), "sketch": [row.tobytes() for row in low_D]},
        schema={name: SIGNATURES_SCHEMA[name] for name in ("bands", "sketch")},
    )
    place = pl.DataFrame({"has_words": has_words_D, "row": np.cumsum(has_words_D) - 1})
    row_D = place.select(pl.when("has_words").then("row")).to_series()
    spread = with_words.select(pl.all().gather(row_D))
    return spread.insert_column(0, pl.Series("content", _content(found)))


def _minhashes(found: Windows, settings: NearDuplicates, seed: int) -> np.ndarray:
    """32 bits a row, only of documents with words, shape (D, B, R)."""
    shape = (settings.num_bands, settings.band_rows)
    matrix = RMinHash.digest_matrix_from_flat_token_hashes(
        found.hashes, np.unique(found.offsets).astype(np.uint64), shape[0] * shape[1], seed
    )
    return np.array(matrix.to_rows(), dtype=np.uint64).reshape(-1, *shape)


def _band_keys(rows_DBR: np.ndarray) -> np.ndarray:
    """The rows of each band as one number, shape (D, B)."""
    keys_DB = np.zeros(rows_DBR.shape[:2], dtype=np.uint64)
    for row in range(rows_DBR.shape[2]):
        keys_DB = mixed(keys_DB ^ rows_DBR[:, :, row])
    return keys_DB.view(np.int64)


def _content(found: Windows) -> np.ndarray:
    """The sum of a document's windows, 0 without words."""
    total_W = np.concatenate([[np.uint64(0)], np.cumsum(found.hashes)])
    return np.diff(total_W[found.offsets]).view(np.int64)
