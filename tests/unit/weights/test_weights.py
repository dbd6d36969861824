import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from model_factory import weights
from model_factory.model import Transformer
from model_factory.model.initialise import initialise
from model_factory.nouns import Architecture, Checkpoint, Lineage, Mesh

ARCHITECTURE = Architecture(300, 2, 32, 4, 2, 64, 10000.0, 1e-5, 64, tie_embeddings=True)


def checkpoint(folder: Path, tied: bool = True, tokenizer: Path = Path("none")) -> Checkpoint:
    architecture = replace(ARCHITECTURE, tie_embeddings=tied)
    state = initialise(Transformer(architecture), 1).state_dict()
    weights.save(folder, {"model": state, "optimizer": {"step": 3, "mean": torch.ones(5)}}, marker={"step": 3})
    lineage = Lineage("run", "pretrain", "code", "commit", "image")
    digest = weights.digest_of_state(state)
    return Checkpoint(str(folder), "pretrain", 3, 10, digest, Mesh(1, 1), architecture, str(tokenizer), lineage)


@pytest.mark.parametrize("tied", [True, False])
def test_a_model_comes_back_bitwise(tmp_path: Path, tied: bool) -> None:
    made = checkpoint(tmp_path / "step-000003", tied)
    again = weights.load_model(made).state_dict()
    assert weights.digest_of_state(again) == made.digest
    assert ("head.weight" in again) is not tied
    state, marker = weights.read(Path(made.uri))
    assert marker["step"] == 3
    assert torch.equal(state["optimizer"]["mean"], torch.ones(5))


def test_a_digest_is_of_names_shapes_types_and_every_bit() -> None:
    base = {"a": torch.arange(6.0).reshape(2, 3), "b": torch.ones(2)}
    digest = weights.digest_of_state(base)
    assert digest == weights.digest_of_state({"b": base["b"], "a": base["a"].t().contiguous().t()})
    flipped = base["b"].clone()
    flipped.view(torch.int32)[1] ^= 1
    for other in (
        {"a": base["a"], "b": flipped},
        {"a": base["a"].reshape(3, 2), "b": base["b"]},
        {"a": base["a"].view(torch.int32), "b": base["b"]},
        {"a": base["a"], "c": base["b"]},
        {"a": base["a"]},
    ):
        assert weights.digest_of_state(other) != digest


def test_without_its_marker_a_checkpoint_is_refused_with_the_cure(tmp_path: Path) -> None:
    made = checkpoint(tmp_path / "step-000003")
    (Path(made.uri) / "COMPLETE").unlink()
    with pytest.raises(weights.IncompleteCheckpoint, match=r"no COMPLETE marker.*factory rerun"):
        weights.load_model(made)


def test_weights_that_are_not_the_checkpoints_are_refused(tmp_path: Path) -> None:
    made = checkpoint(tmp_path / "step-000003")
    with pytest.raises(weights.DamagedCheckpoint, match="another run wrote over it"):
        weights.load_model(replace(made, digest="0" * 64))


@pytest.mark.parametrize("damage", ["flip", "truncate", "remove", "marker", "empty marker"])
def test_the_newest_whole_step_is_found_past_a_damaged_one(tmp_path: Path, damage: str) -> None:
    for step in (1, 2, 10):
        checkpoint(weights.step_folder(tmp_path, step))
    assert weights.newest(tmp_path) == tmp_path / "step-000010"
    _damage(tmp_path / "step-000010", damage)
    with pytest.warns(RuntimeWarning, match="falling back past step-000010"):
        assert weights.newest(tmp_path) == tmp_path / "step-000002"


def _damage(folder: Path, how: str) -> None:
    file = folder / "model.safetensors"
    content = bytearray(file.read_bytes())
    if how == "flip":
        content[-1] ^= 1
        file.write_bytes(content)
    elif how == "truncate":
        file.write_bytes(content[:-10])
    elif how == "remove":
        (folder / "optimizer.pt").unlink()
    else:
        (folder / "COMPLETE").write_text("{" if how == "marker" else json.dumps({}))


def test_nothing_is_newest_where_nothing_is_whole(tmp_path: Path) -> None:
    assert weights.newest(tmp_path / "absent") is None
    checkpoint(tmp_path / "step-000001")
    (tmp_path / "step-000001" / "COMPLETE").unlink()
    with pytest.warns(RuntimeWarning, match="no COMPLETE"):
        assert weights.newest(tmp_path) is None


def test_a_write_that_fails_leaves_the_old_step_and_the_next_one_cleans_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "step-000003"
    made = checkpoint(folder)

    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("model_factory.weights.atomic.torch.save", full)
    with pytest.raises(OSError, match="the disk filled up while checkpoint"):
        weights.save(folder, {"model": {"a": torch.ones(1)}, "optimizer": {}}, marker={"step": 4})
    monkeypatch.undo()
    assert weights.digest_of_state(weights.load_model(made).state_dict()) == made.digest
    weights.save(folder, {"model": {"a": torch.ones(1)}}, marker={"step": 4})
    assert weights.verify(folder)["step"] == 4
    assert [path.name for path in tmp_path.iterdir()] == ["step-000003"]


def test_transformers_loads_the_export_and_agrees(tmp_path: Path) -> None:
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import AutoModelForCausalLM, AutoTokenizer

    trained = Tokenizer(models.BPE())
    trained.pre_tokenizer, trained.decoder = pre_tokenizers.ByteLevel(add_prefix_space=False), decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(vocab_size=300, special_tokens=["<|pad|>", "<|end|>"], initial_alphabet=alphabet)
    trained.train_from_iterator(["def f(x):\n    return x * 2\n"] * 50, trainer)
    trained.save(str(tmp_path / "tokenizer.json"))
    for tied in (True, False):
        made = checkpoint(tmp_path / f"step-{int(tied)}", tied, tmp_path)
        folder = tmp_path / f"hf-{tied}"
        weights.export_hf(made, folder)
        model = AutoModelForCausalLM.from_pretrained(folder, local_files_only=True)
        tokenizer = AutoTokenizer.from_pretrained(folder, local_files_only=True)
        text = "def f(x):\n    return  7é + 2\n"
        tokens = tokenizer(text, return_tensors="pt").input_ids
        assert tokenizer.decode(tokens[0]) == text
        assert tokens[0].tolist() == trained.encode(text).ids
        assert (tokenizer.pad_token_id, tokenizer.eos_token_id) == (0, 1)
        with torch.no_grad():
            assert (model(tokens).logits - weights.load_model(made)(tokens)).abs().max() < 1e-4
        first = {path.name: path.read_bytes() for path in folder.iterdir()}
        shutil.rmtree(folder)
        weights.export_hf(made, folder)
        assert first == {path.name: path.read_bytes() for path in folder.iterdir()}
