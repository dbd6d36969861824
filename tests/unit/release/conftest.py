"""Two evaluated checkpoints of a small corpus, and the lock they could have come from."""

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace

import pytest
import torch

from model_factory import ledger
from model_factory.cards.release import Release as Section
from model_factory.evals.station import evaluate
from model_factory.nouns import Checkpoint, Lock, Scorecard
from tests.unit.evals.world import EVALUATE, PROBLEMS, TOKENIZE, World, lineage

SECTION = Section(seed=17, code="t", model_name="tiny-coder", licence="Apache-2.0", description="A test's model.")
SECTIONS = {"evaluate": asdict(EVALUATE), "tokenize": asdict(TOKENIZE), "problems": asdict(PROBLEMS)}
LOCK = Lock(
    run_digest="r" * 64,
    recipe_digest="e" * 64,
    card="tiny",
    owner="ada",
    team="research",
    seed=17,
    sections=json.dumps(SECTIONS),
    placement="{}",
    sources="s" * 64,
    code={},
    pins={},
    images={},
    packages={},
    python="3.11",
    commit="c" * 40,
    dirty=False,
)


@dataclass(frozen=True)
class Scored:
    """A world with its checkpoints evaluated on what needs no sampling."""

    world: World
    taught: Checkpoint
    scorecards: list[Scorecard]


@pytest.fixture(scope="module")
def scored(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scored]:
    torch.set_num_threads(1)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FACTORY_HOME", str(tmp_path_factory.mktemp("home")))
        world = World.make()
        taught = world.taught()
        section = replace(EVALUATE, benchmarks=["bits_per_byte", "lm_eval"])
        cards = [
            evaluate(
                section, one, world.sequences, world.problems, world.documents,
                lineage("evaluate", one, world.sequences, world.problems, world.documents),
            )
            for one in (world.base, taught)
        ]  # fmt: skip
        for station, made in (("tokenize", world.tokenizer), ("pretrain", world.base), ("sft", taught)):
            with ledger.attempt(LOCK, station, station, {"seed": 17}, []) as attempt:
                attempt.made(made)
        with ledger.attempt(LOCK, "evaluate", "evaluate", {"seed": 17}, []) as attempt:
            attempt.made(cards)
        yield Scored(world, taught, cards)
