"""Documents to sequences: tokenise, hold out, cut, fit."""

from collections.abc import Iterator
from dataclasses import asdict
from itertools import accumulate

import numpy as np
import pyarrow as pa

from model_factory import lake, ledger
from model_factory.blender.best_fit import best_fit
from model_factory.blender.heldout import is_heldout
from model_factory.blender.packed import packing
from model_factory.blender.pieces import Piece, cut, token_bytes, tokenised
from model_factory.blender.tokenizer import load_encoder
from model_factory.cards.tokenize import Tokenize
from model_factory.nouns import Lineage, Snapshot, Tokenizer

SCHEMA = pa.schema(
    {
        "sequence_id": pa.string(),
        "source": pa.string(),
        "split": pa.string(),
        "tokens": pa.list_(pa.int32()),
        "doc_ids": pa.list_(pa.string()),
        "boundaries": pa.list_(pa.int32()),
        "num_bytes": pa.int64(),
        "given": pa.list_(pa.int32()),
    }
)
# The overlap of pieces with which every token is predicted once and no context is repeated.
ONCE = 1
Bin = tuple[str, str, list[Piece]]


def pack(
    section: Tokenize,
    documents: Snapshot,
    tokenizer: Tokenizer,
    lineage: Lineage,
    strata: Snapshot | None = None,
) -> Snapshot:
    """Write `tokens.sequences`: rows of at most `sequence_length` tokens, of one source and one split.

    A document's tokens end with <|end|>; longer ones are cut into pieces that share `overlap` tokens (see
    `cut`; those held out always share one, so that each token is counted with the same context), and pieces
    are fitted into sequences with their boundaries kept. `given` says how many tokens of each piece are only
    read. `num_bytes` counts the text behind the tokens that a sequence's segments predict, so that held-out
    bits over held-out bytes is bits per byte. No token is dropped; how many are cut off from their
    document's beginning is counted. A document's source is the one that `strata` (doc_id, source) has for it.
    Rows are padded by nobody: padding belongs to batches. ValueError if no document is left to train on.
    """
    bins = list(_fitted(_pieces(section, documents, strata or documents, tokenizer), section.sequence_length))
    if not any(split == "train" for _, split, _ in bins):
        raise ValueError(
            f"tokenize.heldout_fraction: {section.heldout_fraction} holds out all {documents.num_rows} documents, "
            "nothing is left to train on; use a smaller fraction or more documents"
        )
    rows = _table(bins)
    _report(rows, section.sequence_length)
    return lake.write("tokens.sequences", rows, lineage)


def _pieces(
    section: Tokenize, documents: Snapshot, strata: Snapshot, tokenizer: Tokenizer
) -> dict[tuple[str, str], list[Piece]]:
    """(source, split) → pieces, documents in the order of their ids."""
    if section.sequence_length < 2:
        raise ValueError(f"tokenize.sequence_length: {section.sequence_length} predicts nothing; use 2 or more")
    encoder = load_encoder(tokenizer)
    lengths = token_bytes(encoder)
    table = lake.read(documents, ["doc_id", "text"]).sort_by("doc_id")
    of_each = lake.read(strata, ["doc_id", "source"])
    sources = dict(zip(of_each["doc_id"].to_pylist(), of_each["source"].to_pylist(), strict=True))
    pieces: dict[tuple[str, str], list[Piece]] = {}
    with ledger.progress(table.num_rows, "tokenising", "documents") as progress:
        ids = table["doc_id"].to_pylist()
        for doc_id, tokens in zip(ids, tokenised(encoder, table["text"].to_pylist()), strict=True):
            split = "heldout" if is_heldout(doc_id, section.heldout_fraction) else "train"
            shared = section.overlap if split == "train" else ONCE
            made = cut(doc_id, tokens, lengths, section.sequence_length, shared)
            pieces.setdefault((sources[doc_id], split), []).extend(made)
            progress.advance()
    return pieces


def _fitted(pieces: dict[tuple[str, str], list[Piece]], capacity: int) -> Iterator[Bin]:
    for (source, split), of_it in sorted(pieces.items()):
        for indices in best_fit([len(piece.tokens) for piece in of_it], capacity):
            yield source, split, [of_it[index] for index in indices]


def _table(bins: list[Bin]) -> pa.Table:
    counts: dict[str, int] = {}
    names = []
    for source, split, _ in bins:
        kind = f"{source}-{split}"
        names.append(f"{kind}-{counts.setdefault(kind, 0):07d}")
        counts[kind] += 1
    segments = [pieces for _, _, pieces in bins]
    tokens = [np.concatenate([piece.tokens for piece in pieces]) for pieces in segments]
    offsets = np.cumsum([0, *(len(row) for row in tokens)], dtype=np.int32)
    columns = {
        "sequence_id": names,
        "source": [source for source, _, _ in bins],
        "split": [split for _, split, _ in bins],
        "tokens": pa.ListArray.from_arrays(pa.array(offsets), pa.array(np.concatenate(tokens))),
        "doc_ids": [[piece.doc_id for piece in pieces] for pieces in segments],
        "boundaries": [_starts(pieces) for pieces in segments],
        "num_bytes": [sum(piece.num_bytes for piece in pieces) for pieces in segments],
        "given": [[piece.given for piece in pieces] for pieces in segments],
    }
    return pa.table(columns, schema=SCHEMA)


def _starts(pieces: list[Piece]) -> list[int]:
    return list(accumulate((len(piece.tokens) for piece in pieces[:-1]), initial=0))


def _report(rows: pa.Table, capacity: int) -> None:
    """Fill and truncation to the log book, by split."""
    for one in packing(rows, capacity):
        figures = {name: float(value) for name, value in asdict(one).items() if name != "split"}
        ledger.log_metrics({f"{one.split}_{name}": value for name, value in figures.items()}, step=0)
