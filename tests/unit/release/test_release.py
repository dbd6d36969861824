"""What leaves the factory is what was trained and scored, and says so."""

import json
import socket
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from model_factory import weights
from model_factory.ledger import registry, store
from model_factory.nouns import Release
from model_factory.release.folder import digest_of_release
from model_factory.release.station import ReleaseChanged, promote, release
from model_factory.release.verify import stored_digest
from tests.unit.evals.world import lineage
from tests.unit.release.conftest import LOCK, SECTION, Scored


@pytest.fixture(scope="module")
def released(scored: Scored) -> Release:
    return release(SECTION, scored.taught, scored.scorecards, LOCK, lineage("release", scored.taught))


def test_transformers_loads_it_without_a_network_and_gives_our_logits(
    scored: Scored, released: Release, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*address: object) -> None:
        raise AssertionError(f"the network was asked: {address}")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    from transformers import AutoModelForCausalLM, AutoTokenizer

    text = "def double(x):\n    return 2 * x\n"
    tokens = AutoTokenizer.from_pretrained(released.uri)(text, return_tensors="pt").input_ids
    with torch.no_grad():
        theirs = AutoModelForCausalLM.from_pretrained(released.uri)(tokens).logits
        ours = weights.load_model(scored.taught)(tokens)
    assert tokens.shape[1] > 5
    torch.testing.assert_close(theirs, ours, atol=1e-4, rtol=1e-4)


def test_the_card_tells_scores_intervals_and_where_it_all_came_from(scored: Scored, released: Release) -> None:
    card = (Path(released.uri) / "README.md").read_text()
    for scorecard in scored.scorecards:
        for score in scorecard.scores:
            assert f"{score.value:.3f} [{score.low:.3f}, {score.high:.3f}] (n = {score.num_items:,})" in card
    for digest in (
        scored.taught.digest, scored.world.base.digest, scored.world.sequences.digest, scored.world.tokenizer.digest,
        scored.world.documents.digest, scored.world.raw.digest,
    ):  # fmt: skip
        assert digest[:12] in card
    assert "Files `stdlib`" in card
    assert "PSF-2.0" in card
    assert "no record" not in card
    assert "pretrain → sft" in card
    assert LOCK.run_digest in card


def test_the_card_is_one_that_the_hub_would_read(released: Release) -> None:
    from huggingface_hub import ModelCard

    data = ModelCard.load(Path(released.uri) / "README.md").data.to_dict()
    assert (data["license"], data["library_name"]) == ("apache-2.0", "transformers")
    measured = {result["dataset"]["name"] for result in data["model-index"][0]["results"]}
    assert measured == {"bits_per_byte", "lm_eval"}


def test_the_lock_lies_beside_the_weights(released: Release) -> None:
    assert json.loads((Path(released.uri) / "lock.json").read_text())["run_digest"] == LOCK.run_digest


def test_the_same_again_is_the_same_version(scored: Scored, released: Release) -> None:
    """Another run that made the same model, from another commit, registers nothing new."""
    other = replace(LOCK, run_digest="f" * 64, commit="d" * 40)
    again = release(SECTION, scored.taught, scored.scorecards, other, lineage("release", scored.taught, run="f" * 64))
    assert (again.digest, again.model_version) == (released.digest, released.model_version)
    assert len(store.client().search_model_versions(f"name = '{SECTION.model_name}'")) == 1
    assert registry.alias_of(SECTION.model_name, "candidate") == released.model_version


@pytest.mark.parametrize("name", ["model.safetensors", "config.json", "tokenizer.json", "release.json"])
def test_a_changed_file_changes_the_digest(released: Release, name: str) -> None:
    path = Path(released.uri) / name
    whole = path.read_bytes()
    record = {"kind": "Release", "uri": released.uri}
    try:
        path.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
        assert stored_digest(record) != released.digest
    finally:
        path.write_bytes(whole)
    assert stored_digest(record) == released.digest == digest_of_release(Path(released.uri))


def test_other_scores_or_another_licence_are_another_release(scored: Scored, released: Release) -> None:
    licensed = replace(SECTION, licence="MIT")
    assert release(licensed, scored.taught, scored.scorecards, LOCK, released.lineage).digest != released.digest
    flattered = [
        replace(card, scores=[replace(card.scores[0], value=0.1)], digest="0" * 64) for card in scored.scorecards
    ]
    assert release(SECTION, scored.taught, flattered, LOCK, released.lineage).digest != released.digest


def test_what_was_not_scored_is_not_released(scored: Scored) -> None:
    with pytest.raises(ValueError, match=r"has no scorecard .*evaluate it first"):
        release(SECTION, scored.taught, scored.scorecards[:1], LOCK, lineage("release", scored.taught))


def test_promotion_moves_champion_and_keeps_the_one_before(scored: Scored) -> None:
    name = "promoted-coder"
    first, second = (
        release(
            replace(SECTION, model_name=name, description=text), scored.taught, scored.scorecards, LOCK,
            lineage("release", scored.taught),
        )
        for text in ("one", "two")
    )  # fmt: skip
    assert promote(first, "Ada").alias == "champion"
    assert registry.alias_of(name, "previous") is None
    promote(second, "Grace")
    assert registry.alias_of(name, "champion") == second.model_version
    assert registry.alias_of(name, "previous") == first.model_version
    promote(second, "Grace")
    assert registry.alias_of(name, "previous") == first.model_version
    assert store.client().get_model_version(name, first.model_version).tags["approved_by"] == "Ada"
    assert store.client().get_model_version(name, second.model_version).tags["approved_by"] == "Grace"


def test_nobody_is_no_approver_and_a_changed_folder_is_no_champion(released: Release) -> None:
    with pytest.raises(ValueError, match="approved_by is empty"):
        promote(released, "  ")
    config = Path(released.uri) / "config.json"
    whole = config.read_bytes()
    try:
        config.write_bytes(whole + b"\n")
        with pytest.raises(ReleaseChanged, match="run the release station again"):
            promote(released, "Ada")
    finally:
        config.write_bytes(whole)
    assert registry.alias_of(released.model_name, "champion") is None
