"""Packed sequences without the pieces of a document."""

import numpy as np
import pyarrow as pa

from model_factory import lake
from model_factory.blender.build import build
from model_factory.blender.pack import pack
from model_factory.blender.pieces import token_bytes
from model_factory.blender.tokenizer import END, load_encoder, train_tokenizer
from model_factory.blender.tokens import open_folder
from model_factory.blender.without import NOBODY, without_pieces
from model_factory.nouns import Snapshot
from model_factory.trainer.rows import Segment, assemble
from tests.unit.blender.conftest import LINEAGE, SECTION


def pieces(rows: pa.Table) -> list[tuple[str, tuple[int, ...], int]]:
    found = []
    for row in rows.to_pylist():
        parts = np.split(np.array(row["tokens"]), row["boundaries"][1:])
        found += [
            (doc_id, tuple(part.tolist()), given)
            for doc_id, part, given in zip(row["doc_ids"], parts, row["given"], strict=True)
        ]
    return sorted(found)


def test_only_the_documents_pieces_go_and_bytes_are_counted_anew(documents: Snapshot, tmp_path) -> None:
    tokenizer = train_tokenizer(SECTION, documents, LINEAGE)
    packed = lake.read(pack(SECTION, documents, tokenizer, LINEAGE))
    encoder = load_encoder(tokenizer)
    sizes, end = token_bytes(encoder), encoder.token_to_id(END)
    gone = {packed["doc_ids"][0].as_py()[0], packed["doc_ids"][packed.num_rows - 1].as_py()[-1]}

    left = without_pieces(packed, gone, end, sizes)

    assert left["sequence_id"].to_pylist() == packed["sequence_id"].to_pylist()
    assert left.schema == packed.schema
    emptied = (NOBODY, (end,), 1)
    assert [one for one in pieces(left) if one != emptied] == [one for one in pieces(packed) if one[0] not in gone]
    assert emptied in pieces(left)
    for row in left.to_pylist():
        ends = [*row["boundaries"][1:], len(row["tokens"])]
        spans = zip(row["boundaries"], ends, row["given"], strict=True)
        assert row["num_bytes"] == sum(
            int(sizes[row["tokens"][start + read : stop]].sum()) for start, stop, read in spans
        )

    made = lake.write("tokens.sequences", left, LINEAGE)
    build(made, "train", tmp_path / "tokens", 1 << 30)
    assert open_folder(tmp_path / "tokens").counts() == counts(packed)


def counts(rows: pa.Table) -> dict[str, int]:
    found: dict[str, int] = {}
    for source, split in zip(rows["source"].to_pylist(), rows["split"].to_pylist(), strict=True):
        found[source] = found.get(source, 0) + (split == "train")
    return found


def test_an_emptied_sequence_teaches_nothing() -> None:
    rows = assemble([[Segment(np.array([1]), 1)]], 4)
    assert (rows.targets_BT == -100).all()
