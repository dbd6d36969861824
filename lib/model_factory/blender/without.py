"""Packed sequences without the pieces of documents that must be forgotten.

Sequences keep their number: the order of a run is computed from how many each source has, so that which steps drew
which of them can still be told, and no other sequence moves.
"""

from collections.abc import Collection
from typing import Any

import numpy as np
import pyarrow as pa

from model_factory.lake.references import speaking_of

COLUMNS = ("sequence_id", "tokens", "doc_ids", "boundaries")
# What `is_heldout` and every reader of pieces take for a document: of nobody, and of no bytes.
NOBODY = ""


def is_packed(rows: pa.Table) -> bool:
    """Whether rows are packed sequences, whose pieces can go one by one."""
    return set(COLUMNS) <= set(rows.column_names)


def without_pieces(
    rows: pa.Table, doc_ids: Collection[str], end_token_id: int, token_bytes: np.ndarray | None
) -> pa.Table:
    """The rows, those with pieces of the documents written anew without them, the others as they were.

    What is left of a row moves together; a row of which nothing is left holds one end of a document, from which
    nothing is learnt. `token_bytes` are the bytes of text behind each token id (`pieces.token_bytes`); without
    them `num_bytes` of a row that lost a piece is 0.
    """
    touched = speaking_of(rows, doc_ids)
    cut = [_cut(row, set(doc_ids), end_token_id, token_bytes) for row in rows.filter(pa.array(touched)).to_pylist()]
    together = pa.concat_tables([rows.filter(pa.array(~touched)), pa.Table.from_pylist(cut, rows.schema)])
    places = np.argsort(np.concatenate([np.flatnonzero(~touched), np.flatnonzero(touched)]), kind="stable")
    return together.take(pa.array(places))


def _cut(row: dict[str, Any], doc_ids: set[str], end_token_id: int, token_bytes: np.ndarray | None) -> dict[str, Any]:
    tokens = np.array(row["tokens"], dtype=np.int64)
    given = row.get("given") or [1] * len(row["doc_ids"])
    pieces = zip(row["doc_ids"], np.split(tokens, row["boundaries"][1:]), given, strict=True)
    left = [(doc_id, piece, read) for doc_id, piece, read in pieces if doc_id not in doc_ids]
    left = left or [(NOBODY, np.array([end_token_id]), 1)]
    sizes = [len(piece) for _, piece, _ in left]
    changed = {
        "tokens": np.concatenate([piece for _, piece, _ in left]).tolist(),
        "doc_ids": [doc_id for doc_id, _, _ in left],
        "boundaries": np.cumsum([0, *sizes[:-1]]).tolist(),
        "given": [read for _, _, read in left],
        "num_bytes": 0 if token_bytes is None else int(sum(token_bytes[piece[read:]].sum() for _, piece, read in left)),
    }
    return row | {name: value for name, value in changed.items() if name in row}
