"""How full sequences are, and what was cut to fit: counted from the rows themselves.

P pieces of documents, D documents.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute

from model_factory import lake
from model_factory.nouns import Snapshot

# Functions of this module are made when it is imported: type checkers do not see them.
pc: Any = pyarrow.compute

SPLITS = ("train", "heldout")
COLUMNS = ["split", "tokens", "doc_ids", "boundaries", "given"]


@dataclass(frozen=True)
class Packing:
    """One split. A document of n pieces is cut n − 1 times; `truncated_tokens` are predicted in another sequence
    than their document's beginning, `repeated_tokens` stand in two pieces; `fill` is the part of the sequences'
    places that tokens take."""

    split: str
    sequences: int
    tokens: int
    documents: int
    cuts: int
    truncated_tokens: int
    repeated_tokens: int
    fill: float


def packing_of(sequences: Snapshot, capacity: int) -> list[Packing]:
    """Each split of `tokens.sequences`; `capacity` is the card's `tokenize.sequence_length`."""
    return packing(lake.read(sequences, COLUMNS), capacity)


def packing(rows: pa.Table, capacity: int) -> list[Packing]:
    """Each split that `rows` have, with COLUMNS."""
    splits = [(split, rows.filter(pc.equal(rows["split"], split))) for split in SPLITS]
    return [_packing(split, of_it.combine_chunks(), capacity) for split, of_it in splits if of_it.num_rows]


def _packing(split: str, rows: pa.Table, capacity: int) -> Packing:
    lengths_R = pc.list_value_length(rows["tokens"]).to_numpy()
    documents = pc.list_flatten(rows["doc_ids"]).combine_chunks().dictionary_encode()
    of_document_P, num_documents = documents.indices.to_numpy(), len(documents.dictionary)
    sizes_P, given_P = _sizes(rows, lengths_R), pc.list_flatten(rows["given"]).to_numpy()
    pieces_D = np.bincount(of_document_P, minlength=num_documents)
    predicted_D = np.bincount(of_document_P, weights=sizes_P - given_P, minlength=num_documents)
    # Of a document that was cut, every piece but the last is as long as a sequence; the first has one token given.
    was_cut_D = pieces_D > 1
    num_tokens = int(lengths_R.sum())
    return Packing(
        split=split,
        sequences=rows.num_rows,
        tokens=num_tokens,
        documents=num_documents,
        cuts=int((pieces_D - 1).sum()),
        truncated_tokens=int((predicted_D[was_cut_D] - (capacity - 1)).sum()),
        repeated_tokens=int(given_P.sum()) - num_documents,
        fill=num_tokens / (rows.num_rows * capacity),
    )


def _sizes(rows: pa.Table, lengths_R: np.ndarray) -> np.ndarray:
    """Tokens of every piece, row by row."""
    starts_P = pc.list_flatten(rows["boundaries"]).to_numpy()
    of_row_P = pc.list_parent_indices(rows["boundaries"]).to_numpy()
    last_P = np.append(np.diff(of_row_P) != 0, True)
    ends_P = np.where(last_P, lengths_R[of_row_P], np.append(starts_P[1:], 0))
    return ends_P - starts_P
