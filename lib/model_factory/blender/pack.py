"""Documents to sequences: tokenise, hold out, cut, fit."""

from collections.abc import Iterator
from itertools import accumulate

import numpy as np
import pyarrow as pa

from model_factory import lake, ledger
from model_factory.blender.best_fit import best_fit
from model_factory.blender.heldout import is_heldout
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
    }
)
Bin = tuple[str, str, list[Piece]]


def pack(section: Tokenize, documents: Snapshot, tokenizer: Tokenizer, lineage: Lineage) -> Snapshot:
    """Write `tokens.sequences`: rows of at most `sequence_length` tokens, of one source and one split.

    A document's tokens end with <|end|>; longer ones are cut into pieces (see `cut`), and pieces are
    fitted into sequences with their boundaries kept. `num_bytes` counts the text behind the tokens
    that a sequence's segments predict, so that held-out bits over held-out bytes is bits per byte.
    Rows are padded by nobody: padding belongs to batches. ValueError if no document is left to train on.
    """
    bins = list(_fitted(_pieces(section, documents, tokenizer), section.sequence_length))
    if not any(split == "train" for _, split, _ in bins):
        raise ValueError(
            f"tokenize.heldout_fraction: {section.heldout_fraction} holds out all {documents.num_rows} documents, "
            "nothing is left to train on; use a smaller fraction or more documents"
        )
    _report(bins, section.sequence_length)
    return lake.write("tokens.sequences", _table(bins), lineage)


def _pieces(section: Tokenize, documents: Snapshot, tokenizer: Tokenizer) -> dict[tuple[str, str], list[Piece]]:
    """(source, split) → pieces, documents in the order of their ids."""
    if section.sequence_length < 2:
        raise ValueError(f"tokenize.sequence_length: {section.sequence_length} predicts nothing; use 2 or more")
    encoder = load_encoder(tokenizer)
    lengths = token_bytes(encoder)
    table = lake.read(documents, ["doc_id", "source", "text"]).sort_by("doc_id")
    pieces: dict[tuple[str, str], list[Piece]] = {}
    rows = zip(table["doc_id"].to_pylist(), table["source"].to_pylist(), strict=True)
    with ledger.progress(table.num_rows, "tokenising", "documents") as progress:
        for (doc_id, source), tokens in zip(rows, tokenised(encoder, table["text"].to_pylist()), strict=True):
            split = "heldout" if is_heldout(doc_id, section.heldout_fraction) else "train"
            pieces.setdefault((source, split), []).extend(cut(doc_id, tokens, lengths, section.sequence_length))
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
    }
    return pa.table(columns, schema=SCHEMA)


def _starts(pieces: list[Piece]) -> list[int]:
    return list(accumulate((len(piece.tokens) for piece in pieces[:-1]), initial=0))


def _report(bins: list[Bin], capacity: int) -> None:
    """Fill and truncation to the log book, by split."""
    for split in ("train", "heldout"):
        of_it = [pieces for _, at, pieces in bins if at == split]
        doc_ids = [piece.doc_id for pieces in of_it for piece in pieces]
        num_tokens = sum(len(piece.tokens) for pieces in of_it for piece in pieces)
        metrics = {
            f"{split}_sequences": len(of_it),
            f"{split}_tokens": num_tokens,
            f"{split}_documents": len(set(doc_ids)),
            f"{split}_cuts": len(doc_ids) - len(set(doc_ids)),
            f"{split}_fill": num_tokens / max(len(of_it) * capacity, 1),
        }
        ledger.log_metrics({name: float(value) for name, value in metrics.items()}, step=0)
