"""What an amended run made is served to that run, and never to another that asks for the card's own blend."""

import json
from dataclasses import replace
from pathlib import Path
from typing import cast

import pytest
from flytekit import workflow

from model_factory import lake
from model_factory.blender.amendments import entry_of, finder, log_of
from model_factory.blender.cache import token_cache
from model_factory.blender.log_file import amend, log_path, open_log
from model_factory.cards.pretrain import Amendment, Pretrain
from model_factory.cards.training import Parallel
from model_factory.nouns import Checkpoint, Lock, Snapshot, Tokenizer, canonical_json, station_key
from tests.faults import training_process as train

SECTIONS = canonical_json({"pretrain": train.PRETRAIN})
LOCK = Lock(
    "a" * 64, "e" * 64, "tiny", "ada", "research", 17, SECTIONS, "{}", "s" * 64, {"pretrain": "v1"}, {},
    {}, {}, "3.11", "c" * 40, dirty=False,
)  # fmt: skip


def test_an_amended_runs_checkpoint_is_never_served_for_the_card(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("FACTORY_HOME", str(tmp_path))
    train.prepare(tmp_path)
    import flytekit.core.local_cache as flyte

    from tasks.pretrain import pretrain
    from tasks.station import refuse_amended

    monkeypatch.setattr(flyte, "CACHE_LOCATION", str(tmp_path / "flyte-cache"))
    monkeypatch.setattr(flyte.LocalTaskCache, "_initialized", False)
    uri, vocab_size, digest = json.loads((tmp_path / "tokenizer.json").read_text())
    sequences, tokenizer = lake.head("tokens.sequences"), Tokenizer(uri, vocab_size, digest, train.LINEAGE)
    section = replace(train.PRETRAIN, mesh=Parallel(1, 1), num_steps=4, batch_size=4, checkpoint_every=2)
    amended, plain = LOCK, replace(LOCK, run_digest="b" * 64)
    path, find = log_path(amended.run_digest, station_key("pretrain", section, sequences, tokenizer)), finder(sequences)
    log = open_log(path, log_of(section, token_cache().open(sequences, "train"), find))
    amend(path, entry_of(log, Amendment(2, {"packages": 1.0}, {}), find))

    @workflow
    def line(section: Pretrain, sequences: Snapshot, tokenizer: Tokenizer, lock: Lock) -> Checkpoint:
        return pretrain(section=section, sequences=sequences, tokenizer=tokenizer, lock=lock)

    def made(lock: Lock) -> Checkpoint:
        return cast(Checkpoint, line(section=section, sequences=sequences, tokenizer=tokenizer, lock=lock))

    first = made(amended)
    own = made(plain)
    assert (first.amended, own.amended) == (True, False)
    assert first.digest != own.digest
    capfd.readouterr()
    assert made(plain) == own
    assert "cached pretrain" in capfd.readouterr().out
    # A backend's catalog would have kept the first: then the run that is given it stops.
    refuse_amended(amended, [first, own])
    with pytest.raises(ValueError, match=r"amended while run aaaaaaaaaaaa went.*--overwrite-cache"):
        refuse_amended(plain, [first])
