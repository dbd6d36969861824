import subprocess
import sys
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from model_factory import lake, ledger
from model_factory.blender.best_fit import best_fit
from model_factory.blender.heldout import is_heldout
from model_factory.blender.pack import pack
from model_factory.blender.pieces import cut
from model_factory.blender.tokenizer import load_encoder, train_tokenizer
from model_factory.cards.tokenize import Tokenize
from model_factory.nouns import Lineage, Snapshot

LINEAGE = Lineage("run", "tokenize", "code", "commit", "image")
SECTION = Tokenize(
    seed=17, code="v1", vocab_size=600, min_frequency=2, sequence_length=128, overlap=1, heldout_fraction=0.2
)


def test_every_token_of_every_document_is_there_once_in_order(documents: Snapshot) -> None:
    tokenizer = train_tokenizer(SECTION, documents, LINEAGE)
    rows = lake.read(pack(SECTION, documents, tokenizer, LINEAGE)).to_pylist()
    encoder = load_encoder(tokenizer)
    texts = {row["doc_id"]: row for row in lake.read(documents).to_pylist()}
    pieces: dict[str, list[tuple[int, ...]]] = {}
    for row in rows:
        assert 1 < len(row["tokens"]) <= SECTION.sequence_length
        edges = [*row["boundaries"], len(row["tokens"])]
        for doc_id, start, stop in zip(row["doc_ids"], edges[:-1], edges[1:], strict=True):
            assert texts[doc_id]["source"] == row["source"]
            assert is_heldout(doc_id, SECTION.heldout_fraction) is (row["split"] == "heldout")
            pieces.setdefault(doc_id, []).append(tuple(row["tokens"][start:stop]))
    assert pieces.keys() == texts.keys()
    for doc_id, of_it in pieces.items():
        expected = [*encoder.encode(texts[doc_id]["text"]).ids, 1]
        assert sum(len(piece) for piece in of_it) - (len(of_it) - 1) == len(expected)
        starts = range(0, max(len(expected) - 1, 1), SECTION.sequence_length - 1)
        assert sorted(of_it) == sorted(tuple(expected[at : at + SECTION.sequence_length]) for at in starts)


def test_bytes_are_those_of_the_text_behind_what_is_predicted(documents: Snapshot) -> None:
    tokenizer = train_tokenizer(SECTION, documents, LINEAGE)
    encoder = load_encoder(tokenizer)
    sequences = lake.read(pack(SECTION, documents, tokenizer, LINEAGE))
    texts = lake.read(documents, ["text"])["text"].to_pylist()
    first = sum(encoder.encode(text).offsets[0][1] for text in texts)
    assert sum(sequences["num_bytes"].to_pylist()) == sum(len(text.encode()) for text in texts) - first


def test_equal_inputs_give_equal_snapshots(documents: Snapshot, home: Path) -> None:
    tokenizer = train_tokenizer(SECTION, documents, LINEAGE)
    sequences = pack(SECTION, documents, tokenizer, LINEAGE)
    script = (
        "import sys; sys.path.insert(0, sys.argv[1]); from conftest import *\n"
        "from model_factory.blender import pack, tokenizer\n"
        "documents = lake.head('curated.documents')\n"
        "made = tokenizer.train_tokenizer(SECTION, documents, LINEAGE)\n"
        "print(made.digest, pack.pack(SECTION, documents, made, LINEAGE).digest)"
    )
    again = subprocess.run(
        [sys.executable, "-c", script, str(Path(__file__).parent)], capture_output=True, text=True, timeout=120
    )
    assert again.stdout.split() == [tokenizer.digest, sequences.digest], again.stderr


def test_held_out_documents_do_not_reach_the_tokenizer(documents: Snapshot) -> None:
    rows = lake.read(documents)
    kept = [not is_heldout(doc_id, SECTION.heldout_fraction) for doc_id in rows["doc_id"].to_pylist()]
    assert 0 < sum(kept) < rows.num_rows
    without = lake.write("curated.documents", rows.filter(pa.array(kept)), LINEAGE)
    assert train_tokenizer(SECTION, without, LINEAGE).digest == train_tokenizer(SECTION, documents, LINEAGE).digest


def test_the_tokenizer_splits_digits_and_never_reads_special_tokens_in_text(documents: Snapshot) -> None:
    encoder = load_encoder(train_tokenizer(SECTION, documents, LINEAGE))
    text = "x = 1234 + 56 # <|end|> naïve 日本\n"
    encoding = encoder.encode(text)
    assert encoder.decode(encoding.ids) == text
    assert [token for token in encoding.tokens if any(digit in token for digit in "0123456789")] == list("123456")
    assert {0, 1}.isdisjoint(encoding.ids)
    assert (encoder.token_to_id("<|pad|>"), encoder.token_to_id("<|end|>")) == (0, 1)


@pytest.mark.parametrize(("vocab_size", "message"), [(100, "below 258"), (10**6, r"more than the \d+ documents give")])
def test_an_impossible_vocabulary_is_refused(documents: Snapshot, vocab_size: int, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        train_tokenizer(replace(SECTION, vocab_size=vocab_size), documents, LINEAGE)


def test_holding_out_everything_is_refused(documents: Snapshot) -> None:
    tokenizer = train_tokenizer(SECTION, documents, LINEAGE)
    with pytest.raises(ValueError, match=r"tokenize\.heldout_fraction: 1\.0 holds out all"):
        pack(replace(SECTION, heldout_fraction=1.0), documents, tokenizer, LINEAGE)


def test_best_fit_loses_nothing_and_fills() -> None:
    lengths = [(index * 7919) % 128 + 1 for index in range(3000)]
    bins = best_fit(lengths, 128)
    assert sorted(item for of_it in bins for item in of_it) == list(range(3000))
    loads = [sum(lengths[item] for item in of_it) for of_it in bins]
    assert max(loads) <= 128
    assert sum(loads) / (128 * len(bins)) > 0.995
    with pytest.raises(ValueError, match="item 1 has 129 tokens"):
        best_fit([5, 129], 128)


def test_best_fit_takes_the_fullest_bin_that_has_room() -> None:
    assert best_fit([7, 5, 3, 2], 10) == [[0, 2], [1, 3]]


LENGTHS = st.lists(st.integers(1, 64), max_size=200)


@given(LENGTHS)
def test_best_fit_holds_every_item_once_and_never_overfills(lengths: list[int]) -> None:
    bins = best_fit(lengths, 64)
    assert sorted(item for of_it in bins for item in of_it) == list(range(len(lengths)))
    assert all(0 < sum(lengths[item] for item in of_it) <= 64 for of_it in bins)
    assert bins == best_fit(lengths, 64)


@given(LENGTHS)
def test_best_fit_is_what_looking_at_every_bin_gives(lengths: list[int]) -> None:
    """The textbook's search over all open bins leaves the same rooms."""
    rooms: list[int] = []
    for length in sorted(lengths, reverse=True):
        fitting = [bin for bin, room in enumerate(rooms) if room >= length]
        chosen = min(fitting, key=lambda bin: rooms[bin], default=len(rooms))
        if chosen == len(rooms):
            rooms.append(64)
        rooms[chosen] -= length
    bins = best_fit(lengths, 64)
    assert sorted(64 - sum(lengths[item] for item in of_it) for of_it in bins) == sorted(rooms)


@given(st.integers(1, 500), st.integers(2, 64), st.data())
def test_pieces_predict_every_token_once_whatever_they_share(size: int, capacity: int, data: st.DataObject) -> None:
    overlap = data.draw(st.integers(1, capacity - 1))
    tokens, lengths = np.arange(size), np.ones(size, dtype=np.int64)
    pieces = cut("d", tokens, lengths, capacity, overlap)
    predicted = [token for piece in pieces for token in piece.tokens[piece.given :].tolist()]
    assert predicted == list(range(1, size))
    assert sum(piece.num_bytes for piece in pieces) == size - 1
    for before, after in pairwise(pieces):
        assert len(before.tokens) == capacity
        assert before.tokens[-overlap:].tolist() == after.tokens[:overlap].tolist()
        assert after.given == overlap < len(after.tokens)
        assert after.start == after.tokens[0]


def test_an_overlap_is_kept_with_the_pieces_and_held_out_ones_share_one_token(documents: Snapshot) -> None:
    tokenizer = train_tokenizer(SECTION, documents, LINEAGE)
    rows = lake.read(pack(replace(SECTION, overlap=16), documents, tokenizer, LINEAGE)).to_pylist()
    given = {
        split: {n for row in rows if row["split"] == split for n in row["given"]} for split in ("train", "heldout")
    }
    assert given == {"train": {1, 16}, "heldout": {1}}
    encoder = load_encoder(tokenizer)
    texts = {row["doc_id"]: row["text"] for row in lake.read(documents).to_pylist()}
    predicted = sum(len(row["tokens"]) - sum(row["given"]) for row in rows)
    assert predicted == sum(len(encoder.encode(text).ids) for text in texts.values())
    with pytest.raises(
        ValueError, match=r"tokenize\.overlap: 128 is not from 1 to 127, below tokenize\.sequence_length"
    ):
        pack(replace(SECTION, overlap=128), documents, tokenizer, LINEAGE)


def test_fill_and_truncation_are_counted(documents: Snapshot, monkeypatch: pytest.MonkeyPatch) -> None:
    logged: dict[str, float] = {}
    monkeypatch.setattr(ledger, "log_metrics", lambda metrics, step: logged.update(metrics))
    tokenizer = train_tokenizer(SECTION, documents, LINEAGE)
    for overlap in (1, 16):
        rows = lake.read(pack(replace(SECTION, overlap=overlap), documents, tokenizer, LINEAGE)).to_pylist()
        mine = [row for row in rows if row["split"] == "train"]
        num_tokens = sum(len(row["tokens"]) for row in mine)
        assert logged["train_fill"] == num_tokens / (128 * len(mine)) > 0.995
        # Whatever a document has beyond its first sequence is cut off from its beginning.
        encoder = load_encoder(tokenizer)
        kept = [row for row in lake.read(documents).to_pylist() if not is_heldout(row["doc_id"], 0.2)]
        sizes = [len(encoder.encode(row["text"]).ids) + 1 for row in kept]
        assert logged["train_truncated_tokens"] == sum(max(0, size - 128) for size in sizes)
        assert logged["train_repeated_tokens"] == overlap * logged["train_cuts"]
        assert num_tokens == sum(sizes) + logged["train_repeated_tokens"]
