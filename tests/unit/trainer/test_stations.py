import dataclasses
import importlib.util
import json
import math
from itertools import pairwise
from pathlib import Path

import pytest
import torch
import torch.nn.functional as F

from model_factory import lake, weights
from model_factory.blender import Order
from model_factory.blender.amendments import finder, log_of
from model_factory.blender.tokenizer import load_encoder
from model_factory.cards.training import Parallel
from model_factory.nouns import Checkpoint
from model_factory.trainer.examples import read_examples
from model_factory.trainer.heldout import bits_per_byte
from model_factory.trainer.processes import Processes, joined
from model_factory.trainer.sequences import read_sequences
from model_factory.trainer.sft import examples_of_step

HELPER = Path(__file__).parents[2] / "faults" / "training_process.py"
spec = importlib.util.spec_from_file_location("training_process", HELPER)
assert spec
assert spec.loader
train = importlib.util.module_from_spec(spec)
spec.loader.exec_module(train)


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("FACTORY_HOME", str(tmp_path))
    train.prepare(tmp_path)
    return tmp_path


def pretrained(home: Path, num_steps: int = 12) -> Checkpoint:
    made = train.run("pretrain", home, num_steps=num_steps, batch_size=16)
    (home / "base.json").write_text(json.dumps(dataclasses.asdict(made)))
    return made


def test_pretraining_learns_and_returns_at_once_when_it_is_done(home: Path) -> None:
    made = pretrained(home, 20)
    heldout = read_sequences(lake.head("tokens.sequences"), "heldout")
    rows = range(0, len(heldout), 10)
    untrained = weights.load_model(pretrained(home, 1))
    before, after = (
        bits_per_byte(model, heldout, rows, Processes(0, 1)) for model in (untrained, weights.load_model(made))
    )
    assert after < before - 0.5
    assert (made.step, made.station, made.model.context_length) == (20, "pretrain", 64)
    written = {path: path.stat().st_mtime_ns for path in Path(made.uri).parent.rglob("*")}
    assert train.run("pretrain", home, num_steps=20, batch_size=16) == made
    assert {path: path.stat().st_mtime_ns for path in Path(made.uri).parent.rglob("*")} == written


def test_bits_per_byte_are_those_of_a_document_by_document_count(home: Path) -> None:
    model = weights.load_model(pretrained(home))
    snapshot = lake.head("tokens.sequences")
    heldout = read_sequences(snapshot, "heldout")
    nats, num_bytes = 0.0, 0
    encoder = load_encoder(json.loads((home / "tokenizer.json").read_text())[0])
    rows = lake.read(snapshot, row_filter="split = 'heldout'").sort_by("sequence_id").slice(0, 24)
    for row in rows.to_pylist():
        for start, stop in pairwise([*row["boundaries"], len(row["tokens"])]):
            tokens = torch.tensor(row["tokens"][start:stop])
            with torch.no_grad():
                nats += float(F.cross_entropy(model(tokens[None])[0, :-1], tokens[1:], reduction="sum"))
            num_bytes += len(encoder.decode(tokens[1:].tolist(), skip_special_tokens=True).encode())
    found = bits_per_byte(model, heldout, range(24), Processes(0, 1))
    # Pieces that begin inside a character decode to a replacement mark, so the bytes agree only nearly.
    assert found == pytest.approx(nats / math.log(2) / num_bytes, rel=2e-3)


def test_a_step_trains_on_the_card_blend(home: Path) -> None:
    snapshot = lake.head("tokens.sequences")
    training = read_sequences(snapshot, "train").held
    order = Order(log_of(train.PRETRAIN, training, finder(snapshot)))
    drawn = [source for step in range(3) for source, _ in order.step(step).pairs()]
    assert abs(drawn.count("packages") - 0.3 * len(drawn)) <= 2
    web = dataclasses.replace(train.PRETRAIN, blend={"web": 1.0})
    with pytest.raises(ValueError, match=r"blend\.web: .* which has none; sources with rows: packages, stdlib"):
        log_of(web, training, finder(snapshot))


def test_sft_goes_on_from_the_base_and_learns_the_answers(home: Path) -> None:
    base = pretrained(home)
    made = train.run("sft", home, num_steps=60)
    assert made.step == base.step + 60
    assert made.num_tokens > base.num_tokens
    assert made.digest != base.digest
    examples = read_examples(
        load_encoder(base.tokenizer), lake.head("sft.executions"), lake.head("rl.problems"), base.model.context_length
    )
    assert [len(rows) for rows in examples.values()] == [30, 30]
    losses = [_answer_loss(weights.load_model(one), examples["demonstrations"]) for one in (base, made)]
    assert losses[1] < losses[0] / 2
    assert train.run("sft", home, num_steps=60) == made


def test_sft_counts_each_kind_of_row_as_the_card_says(home: Path) -> None:
    base = pretrained(home)
    examples = read_examples(
        load_encoder(base.tokenizer), lake.head("sft.executions"), lake.head("rl.problems"), base.model.context_length
    )
    section = dataclasses.replace(train.SFT, demonstration_fraction=0.75)
    demonstrations = {id(one) for one in examples["demonstrations"]}
    chosen = examples_of_step(section, examples, 3)
    assert sum(id(one) in demonstrations for one in chosen) == 6
    with pytest.raises(ValueError, match=r"sft\.demonstration_fraction: 0\.75: .*'executions', which has none"):
        examples_of_step(section, {**examples, "executions": []}, 0)


def test_as_many_processes_as_the_mesh_asks_for_or_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WORLD_SIZE", "3")
    with (
        pytest.raises(ValueError, match=r"mesh\.dp_replicate: 2 processes are asked for and 3 run.*set it to 3"),
        joined(Parallel(2, 1)),
    ):
        pass


def test_the_mesh_sets_the_threads_while_it_lasts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("WORLD_SIZE", raising=False)
    before = torch.get_num_threads()
    with joined(Parallel(1, 3)):
        assert torch.get_num_threads() == 3
        assert torch.are_deterministic_algorithms_enabled()
    assert torch.get_num_threads() == before
    assert not torch.are_deterministic_algorithms_enabled()


def _answer_loss(model: torch.nn.Module, examples: list) -> float:
    total, count = 0.0, 0
    for example in examples:
        tokens = torch.from_numpy(example.tokens)
        with torch.no_grad():
            logits = model(tokens[None])[0, example.num_given - 1 : -1]
        total += float(F.cross_entropy(logits, tokens[example.num_given :], reduction="sum"))
        count += len(tokens) - example.num_given
    return total / count
