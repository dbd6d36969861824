"""Best-fit decreasing against next-fit and first-fit on the laptop corpus: fill and truncation.

    .venv/bin/python benchmarks/data_packing.py [--home STATE]

The corpus is that of the newest run in the state folder (this checkout's, or STATE): the pieces of its
`tokens.sequences`, source by source as they were packed, in the order of their documents. Where there is none yet,
every module of the running Python is a document, tokenised with a tokenizer trained on them. All three get the same
pieces in the same order and keep them whole, so all truncate the same; next-fit closes a sequence at the first piece
that does not fit, first-fit looks through all open ones. A fourth, "concatenate and chunk", fills everything and cuts
wherever a sequence ends. Truncated tokens are those that stand in another sequence than their document's beginning.
"""

import argparse
import os
import sysconfig
import tempfile
from collections.abc import Callable, Iterator, Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from paired import row, save

from model_factory import lake
from model_factory.blender.best_fit import best_fit
from model_factory.blender.pieces import cut, token_bytes, tokenised
from model_factory.blender.tokenizer import load_encoder, train_tokenizer
from model_factory.cards.tokenize import Tokenize
from model_factory.nouns import Lineage, Snapshot

LINEAGE = Lineage("bench", "pack", "code", "commit", "image")
LENGTHS = (256, 2048)
Bins = list[list[int]]


def next_fit(lengths: Sequence[int], capacity: int) -> Bins:
    bins: Bins = []
    room = 0
    for item, length in enumerate(lengths):
        if length > room:
            bins.append([])
            room = capacity
        bins[-1].append(item)
        room -= length
    return bins


def first_fit(lengths: Sequence[int], capacity: int) -> Bins:
    bins: Bins = []
    rooms = np.zeros(len(lengths), dtype=np.int64)
    for item, length in enumerate(lengths):
        fitting = np.flatnonzero(rooms[: len(bins)] >= length)
        chosen = int(fitting[0]) if len(fitting) else len(bins)
        if chosen == len(bins):
            bins.append([])
            rooms[chosen] = capacity
        bins[chosen].append(item)
        rooms[chosen] -= length
    return bins


PEERS: dict[str, Callable[[Sequence[int], int], Bins]] = {"next-fit": next_fit, "first-fit": first_fit}


def chunked(sizes: Sequence[int], capacity: int) -> int:
    """Truncated tokens of documents laid end to end and cut every `capacity` tokens."""
    starts = np.cumsum([0, *sizes[:-1]])
    return int(sum(max(0, size - (capacity - start % capacity)) for start, size in zip(starts, sizes, strict=True)))


def documents() -> tuple[list[np.ndarray], np.ndarray]:
    """Every module's tokens, in the order of the documents' ids, and the bytes behind each token id."""
    files = sorted(Path(sysconfig.get_paths()["stdlib"]).rglob("*.py"))
    texts = {}
    for path in files:
        if "site-packages" not in path.parts:
            text = path.read_bytes().decode("utf-8", "ignore")
            texts[sha256(text.encode()).hexdigest()[:32]] = text
    names = sorted(name for name, text in texts.items() if len(text) > 200)
    table = pa.table({"doc_id": names, "source": ["stdlib"] * len(names), "text": [texts[name] for name in names]})
    section = Tokenize(
        17, "bench", vocab_size=2048, min_frequency=2, sequence_length=256, overlap=1, heldout_fraction=0.0
    )
    encoder = load_encoder(train_tokenizer(section, lake.write("bench.documents", table, LINEAGE), LINEAGE))
    return list(tokenised(encoder, table["text"].to_pylist())), token_bytes(encoder)


def check(bins: Bins, lengths: Sequence[int], capacity: int) -> Bins:
    """Every piece is there once and no sequence is overfull."""
    assert sorted(item for of_it in bins for item in of_it) == list(range(len(lengths)))
    assert max(sum(lengths[item] for item in of_it) for of_it in bins) <= capacity
    return bins


def packed_corpus(sequences: Snapshot) -> tuple[dict[str, list[int]], int, list[int]]:
    """Piece lengths of the training rows by source, in the order of documents; the rows' capacity; and the tokens of
    every document, pieces joined again."""
    rows = lake.read(sequences, ["source", "tokens", "doc_ids", "boundaries", "given"], "split = 'train'").to_pylist()
    pieces: dict[str, dict[str, list[tuple[int, int]]]] = {}
    for one in rows:
        edges = [*one["boundaries"], len(one["tokens"])]
        for doc_id, start, end, given in zip(one["doc_ids"], edges, edges[1:], one["given"], strict=False):
            pieces.setdefault(one["source"], {}).setdefault(doc_id, []).append((end - start, given))
    # All pieces of a document but its last are as long as a sequence.
    lengths = {
        source: [size for doc_id in sorted(of_it) for size, _ in sorted(of_it[doc_id], reverse=True)]
        for source, of_it in sorted(pieces.items())
    }
    documents = [of_it[doc_id] for _, of_it in sorted(pieces.items()) for doc_id in sorted(of_it)]
    sizes = [sum(size - given for size, given in one) + 1 for one in documents]
    return lengths, max(len(one["tokens"]) for one in rows), sizes


def from_library() -> Iterator[tuple[dict[str, list[int]], int, list[int]]]:
    with tempfile.TemporaryDirectory() as folder:
        os.environ["FACTORY_HOME"] = folder
        made, byte_lengths = documents()
    for capacity in LENGTHS:
        pieces = [piece for tokens in made for piece in cut("", tokens, byte_lengths, capacity, 1)]
        yield {"stdlib": [len(piece.tokens) for piece in pieces]}, capacity, [len(tokens) for tokens in made]


def compare(corpus: dict[str, list[int]], capacity: int, sizes: list[int]) -> list[dict[str, Any]]:
    ours, rows = whole_fill(best_fit, corpus, capacity), []
    truncated = sum(max(0, size - capacity) for size in sizes)
    for name, packed in PEERS.items():
        theirs = whole_fill(packed, corpus, capacity)
        what = f"fill of sequences of {capacity} tokens, {len(sizes):,} documents (at least 99.5 %)"
        rows.append(row(what, ours, theirs, f"{name}, the same pieces", "part that is tokens", ours / 0.995, 1.0, 1))
        rows.append(row(f"padding, sequences of {capacity} tokens", 1 - ours, 1 - theirs, f"{name}, the same pieces",
                        "part that is padding", (1 - theirs) / (1 - ours), 1.0, 1))  # fmt: skip
    cut_off = chunked(sizes, capacity)
    what = f"tokens cut off from their document's beginning, sequences of {capacity}; next-fit and first-fit: the same"
    rows.append(row(what, truncated, cut_off, "concatenate and chunk", "tokens", cut_off / truncated, 1.0, 1))
    return rows


def whole_fill(packed: Callable[[Sequence[int], int], Bins], corpus: dict[str, list[int]], capacity: int) -> float:
    """Sources are packed apart; the fill is of all sequences together."""
    bins = [len(check(packed(lengths, capacity), lengths, capacity)) for lengths in corpus.values()]
    return sum(map(sum, corpus.values())) / (capacity * sum(bins))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--home", help="the state folder of a run; this checkout's if left out")
    asked = parser.parse_args()
    if asked.home:
        os.environ["FACTORY_HOME"] = asked.home
    made = "tokens.sequences" in lake.tables()
    corpora = [packed_corpus(lake.head("tokens.sequences"))] if made else from_library()
    save("data-packing", [one for corpus in corpora for one in compare(*corpus)])


if __name__ == "__main__":
    main()
