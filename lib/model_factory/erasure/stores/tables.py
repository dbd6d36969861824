"""Tables of the lake: every snapshot and branch that speaks of the documents, written again without them."""

from collections.abc import Callable, Sequence

import numpy as np
import pyarrow as pa

from model_factory import lake
from model_factory.blender.pieces import token_bytes
from model_factory.blender.tokenizer import END, load_encoder
from model_factory.blender.without import is_packed, without_pieces
from model_factory.erasure.doomed import Doomed
from model_factory.erasure.store import Found
from model_factory.lake.erase import erase as erase_from
from model_factory.lake.erase import is_whole
from model_factory.lake.handle import open_table
from model_factory.lake.references import without
from model_factory.lake.unreferenced import unreferenced
from model_factory.nouns import Snapshot

# They tell what the documents were called and said: the last to go, so that an erasure that was stopped still knows.
LAST = ("raw.scrap", "raw.documents")
# What a tokenizer that is gone called the end of a document: `tokenizer.train_tokenizer` always gives it this id.
_END_TOKEN_ID = 1


def find(doomed: Doomed) -> Sequence[Found]:
    return [found for table in lake.tables() for found in _found(table, doomed)]


def erase(doomed: Doomed) -> None:
    for table in sorted(lake.tables(), key=lambda name: (LAST.index(name) if name in LAST else -1, name)):
        if is_whole(open_table(table), doomed.holders(table)):
            erase_from(table, doomed.doc_ids, rewriter(doomed))


def rewriter(doomed: Doomed) -> Callable[[Snapshot, pa.Table], pa.Table]:
    """What a snapshot's rows become: packed sequences lose pieces, everything else whole rows."""

    def rewrite(snapshot: Snapshot, rows: pa.Table) -> pa.Table:
        if is_packed(rows):
            return without_pieces(rows, doomed.doc_ids, *_tokenizer(snapshot))
        return without(rows, doomed.doc_ids)

    return rewrite


def _tokenizer(snapshot: Snapshot) -> tuple[int, np.ndarray | None]:
    """The end token's id and the bytes of text behind each token, by the tokenizer that the rows were packed with."""
    made_by = next((parent for parent in snapshot.lineage.parents if parent.kind == "Tokenizer"), None)
    try:
        encoder = load_encoder(made_by.uri if made_by else "")
    except FileNotFoundError:
        return _END_TOKEN_ID, None
    end = encoder.token_to_id(END)
    return _END_TOKEN_ID if end is None else end, token_bytes(encoder)


def _found(table: str, doomed: Doomed) -> Sequence[Found]:
    handle, held = open_table(table), doomed.holders(table)
    size = sum(len(handle.io.new_input(path)) for path in held.files)
    left_behind = unreferenced(handle)
    found = []
    if held.naming and is_whole(handle, held):
        note = f"{len(held.reading)} snapshots rewritten"
        found.append(Found("tables", table, sum(held.files.values()), len(held.files), size, note))
    if left_behind:
        size = sum(size for _, size in left_behind)
        found.append(Found("tables", table, 0, len(left_behind), size, "in no snapshot: removed"))
    return found
