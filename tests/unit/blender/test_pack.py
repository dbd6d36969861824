import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pytest

from model_factory import lake
from model_factory.blender.best_fit import best_fit
from model_factory.blender.heldout import is_heldout
from model_factory.blender.pack import pack
from model_factory.blender.tokenizer import load_encoder, train_tokenizer
from model_factory.cards.tokenize import Tokenize
from model_factory.nouns import Lineage, Snapshot

LINEAGE = Lineage("run", "tokenize", "code", "commit", "image")
SECTION = Tokenize(seed=17, code="v1", vocab_size=600, min_frequency=2, sequence_length=128, heldout_fraction=0.2)


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
