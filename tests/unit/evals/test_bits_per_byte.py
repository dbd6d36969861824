"""Bits per byte, and the ways to make it look better than it is."""

import math
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from model_factory import lake, weights
from model_factory.blender.heldout import is_heldout
from model_factory.evals.benchmark import Subject
from model_factory.evals.benchmarks.bits_per_byte import bits_per_byte
from model_factory.model import Transformer
from model_factory.nouns import Checkpoint
from tests.unit.evals.world import EVALUATE, TOKENIZE, World, lineage


def subject(world: World, checkpoint: Checkpoint | None = None) -> Subject:
    return Subject(EVALUATE, checkpoint or world.base, world.sequences, world.problems, world.documents)


def heldout(world: World) -> list[dict]:
    rows = lake.read(world.documents, ["doc_id", "text"]).to_pylist()
    return [row for row in rows if is_heldout(row["doc_id"], TOKENIZE.heldout_fraction)]


def test_a_model_that_knows_nothing_pays_log2_of_the_vocabulary_for_every_token(world: World) -> None:
    """Counting tokens instead of bytes would give log2(vocabulary) itself."""
    state = {name: torch.zeros_like(tensor) for name, tensor in Transformer(world.base.model).state_dict().items()}
    folder = world.base.uri + "-zero"
    weights.save(Path(folder), {"model": state}, marker={})
    nothing = replace(world.base, uri=folder, digest=weights.digest_of_state(state))
    score = bits_per_byte(subject(world, nothing)).scores[0]

    tokenizer = subject(world).tokenizer
    texts = [row["text"] for row in heldout(world)]
    encodings = [tokenizer.encode(text, add_special_tokens=False) for text in texts]
    # Every token but a document's first, and the end of the document.
    num_tokens = sum(len(encoding.ids) for encoding in encodings)
    first_bytes = sum(
        len(text[: encoding.offsets[0][1]].encode()) for text, encoding in zip(texts, encodings, strict=True)
    )
    num_bytes = sum(len(text.encode()) for text in texts) - first_bytes
    assert score.value == pytest.approx(num_tokens * math.log2(world.base.model.vocab_size) / num_bytes, rel=1e-6)


def test_it_is_what_a_slow_pass_over_each_document_alone_gives(world: World) -> None:
    """Packing must not let a document see its neighbour, nor drop a piece."""
    found = {item.doc_id: item for item in bits_per_byte(subject(world)).items}
    model, tokenizer = weights.load_model(world.base), subject(world).tokenizer
    rows = lake.read(world.sequences, row_filter="split = 'heldout'").to_pylist()
    bits: dict[str, float] = {}
    for row in rows:
        ends = [*row["boundaries"][1:], len(row["tokens"])]
        for doc_id, start, end in zip(row["doc_ids"], row["boundaries"], ends, strict=True):
            tokens = torch.tensor([row["tokens"][start:end]])
            with torch.no_grad():
                logprobs = model(tokens)[0, :-1].log_softmax(-1)
            own = logprobs.gather(-1, tokens[0, 1:, None]).sum().item()
            bits[doc_id] = bits.get(doc_id, 0.0) - own / math.log(2)
    assert set(found) == set(bits) == {row["doc_id"] for row in heldout(world)}
    for row in heldout(world):
        first = tokenizer.encode(row["text"], add_special_tokens=False).offsets[0][1]
        size = len(row["text"].encode()) - len(row["text"][:first].encode())
        assert found[row["doc_id"]].weight == size
        assert found[row["doc_id"]].score == pytest.approx(bits[row["doc_id"]] / size, rel=1e-5)


def test_the_score_is_the_weighted_mean_of_its_items_within_its_interval(world: World) -> None:
    result = bits_per_byte(subject(world))
    (score,) = result.scores
    total = sum(item.weight for item in result.items)
    assert score.value == pytest.approx(sum(item.score * item.weight for item in result.items) / total)
    assert score.low is not None
    assert score.high is not None
    assert score.low < score.value < score.high
    assert not score.higher_is_better


def test_nothing_that_was_trained_on_is_scored(world: World) -> None:
    train = lake.read(world.sequences, ["doc_ids"], "split = 'train'")["doc_ids"].to_pylist()
    scored = {item.doc_id for item in bits_per_byte(subject(world)).items}
    assert scored
    assert scored.isdisjoint(doc_id for row in train for doc_id in row)


def test_sequences_of_another_tokenizer_are_refused(world: World) -> None:
    rows = lake.read(world.sequences)
    wrong = rows.set_column(
        rows.column_names.index("num_bytes"), "num_bytes", [[n - 1 for n in rows["num_bytes"].to_pylist()]]
    )
    other = lake.stage("tokens.sequences", wrong, lineage("tokenize"))
    with pytest.raises(ValueError, match=r"stand for \d+ bytes.*another tokenizer"):
        bits_per_byte(replace(subject(world), sequences=other))
