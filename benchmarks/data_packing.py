"""Best-fit decreasing against next-fit and first-fit on the standard library: fill and truncation.

    .venv/bin/python benchmarks/data_packing.py

Every module of the running Python is a document, tokenised with a tokenizer trained on them. All three get the same
pieces in the same order and keep them whole; next-fit closes a sequence at the first piece that does not fit,
first-fit looks through all open ones. A fourth, "concatenate and chunk", fills everything and cuts wherever a sequence
ends. Truncated tokens are those that stand in another sequence than their document's beginning.
"""

import json
import os
import platform
import subprocess
import sysconfig
import tempfile
from collections.abc import Callable, Sequence
from hashlib import sha256
from pathlib import Path

import numpy as np
import pyarrow as pa

from model_factory import lake
from model_factory.blender.best_fit import best_fit
from model_factory.blender.pieces import cut, token_bytes, tokenised
from model_factory.blender.tokenizer import load_encoder, train_tokenizer
from model_factory.cards.tokenize import Tokenize
from model_factory.nouns import Lineage

RESULTS = Path(__file__).parent / "results" / "data-packing.json"
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
    section = Tokenize(17, "bench", vocab_size=2048, min_frequency=2, sequence_length=256, heldout_fraction=0.0)
    encoder = load_encoder(train_tokenizer(section, lake.write("bench.documents", table, LINEAGE), LINEAGE))
    return list(tokenised(encoder, table["text"].to_pylist())), token_bytes(encoder)


def fill(bins: Bins, lengths: Sequence[int], capacity: int) -> float:
    assert sorted(item for of_it in bins for item in of_it) == list(range(len(lengths)))
    loads = [sum(lengths[item] for item in of_it) for of_it in bins]
    assert max(loads) <= capacity
    return sum(loads) / (capacity * len(bins))


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        os.environ["FACTORY_HOME"] = folder
        made, byte_lengths = documents()
    commit = subprocess.run(["git", "rev-parse", "HEAD"], capture_output=True, text=True, check=True).stdout.strip()
    rows = []
    for capacity in LENGTHS:
        pieces = [piece for tokens in made for piece in cut("", tokens, byte_lengths, capacity, 1)]
        lengths = [len(piece.tokens) for piece in pieces]
        truncated = sum(len(piece.tokens) - piece.given for piece in pieces if piece.start)
        ours = fill(best_fit(lengths, capacity), lengths, capacity)
        for name, packed in PEERS.items():
            theirs = fill(packed(lengths, capacity), lengths, capacity)
            what = f"padding of sequences of {capacity} tokens (fill {ours:.4%}, at least 99.5%; {name} {theirs:.4%})"
            rows.append(row(what, 1 - ours, 1 - theirs, name, "part that is padding", len(made), commit))
        cut_off = chunked([len(tokens) for tokens in made], capacity)
        what = f"tokens cut off from their document's beginning, sequences of {capacity}"
        rows.append(row(what, truncated, cut_off, "concatenate and chunk", "tokens", len(made), commit))
        assert ours >= 0.995, f"fill {ours:.4%} of sequences of {capacity} is below 99.5%"
    for one in rows:
        print(f"{one['what']}: {one['ours']} {one['unit']} ours, {one['peer']} {one['peer_version']}: {one['ratio']}×")
    RESULTS.write_text(json.dumps(rows, indent=1) + "\n")


def row(what: str, ours: float, peer: float, name: str, unit: str, num_documents: int, commit: str) -> dict:
    return {
        "what": what,
        "ours": round(ours, 6),
        "peer": round(peer, 6),
        "peer_version": f"{name}, the same pieces" if "fit" in name else name,
        "unit": unit,
        "ratio": round(peer / ours, 2),
        "at_least": 1.0,
        "runs": 1,
        "hardware": f"{num_documents} modules of Python {platform.python_version()}",
        "commit": commit,
    }


if __name__ == "__main__":
    main()
