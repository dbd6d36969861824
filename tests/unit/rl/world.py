"""A tiny taught model and its problems, in the state folder that FACTORY_HOME names.

Run as a program, started by torchrun: `world.py FOLDER JSON` is one process of the rl station on the
world that FOLDER holds, with the section's fields changed as JSON says; what the station made is
printed as one line of JSON.
"""

import dataclasses
import json
import os
import random
import sys
from pathlib import Path
from typing import Any

import pyarrow as pa

from model_factory import lake, weights
from model_factory.blender.tokenizer import train_tokenizer
from model_factory.cards.problems import Problems
from model_factory.cards.rl import Rl
from model_factory.cards.sft import Sft
from model_factory.cards.tokenize import Tokenize
from model_factory.cards.training import Optimizer, Parallel, Schedule
from model_factory.model import Transformer
from model_factory.model.initialise import initialise
from model_factory.nouns import Architecture, Checkpoint, Lineage, Mesh, Snapshot
from model_factory.nouns.home import room
from model_factory.rl.problems.station import make_problems
from model_factory.rl.problems.words_to_function import WordsToFunction
from tests.unit.rl.samples import make_section

LINEAGE = Lineage("run", "rl", "code", "commit", "image")
PROBLEMS = Problems(
    seed=3,
    code="",
    family="words_to_function",
    min_ops=1,
    max_ops=2,
    num_train=100,
    num_heldout=20,
    num_combination=1,
    num_demonstrations=300,
    num_tests=6,
)
TOKENIZE = Tokenize(
    seed=1, code="", vocab_size=400, min_frequency=2, sequence_length=64, overlap=1, heldout_fraction=0.0
)
SFT = Sft(
    seed=4,
    code="",
    mesh=Parallel(1, 1),
    num_steps=400,
    batch_size=16,
    demonstration_fraction=1.0,
    optimizer=Optimizer(4e-3, 0.9, 0.95, 1e-8, 0.0, 1.0),
    schedule=Schedule("constant", 5, 0.0, 1.0),
    checkpoint_every=400,
)


@dataclasses.dataclass(frozen=True)
class World:
    """The problems and a checkpoint that passes some of them, some of the time."""

    problems: Snapshot
    taught: Checkpoint

    @staticmethod
    def make() -> "World":
        from model_factory.trainer.sft import sft

        tokenizer = train_tokenizer(TOKENIZE, lake.write("curated.documents", _documents(), LINEAGE), LINEAGE)
        architecture = Architecture(tokenizer.vocab_size, 2, 64, 4, 2, 128, 10000.0, 1e-5, 96, True)
        state = initialise(Transformer(architecture), 1).state_dict()
        folder = room("checkpoints") / "pretrain-tiny" / "step-000001"
        weights.save(folder, {"model": state}, marker={})
        digest = weights.digest_of_state(state)
        base = Checkpoint(str(folder), "pretrain", 1, 0, digest, Mesh(1, 1), architecture, tokenizer.uri, LINEAGE)
        problems = make_problems(PROBLEMS, LINEAGE)
        executed = pa.table({"doc_id": ["e"], "prompt": ["assert abs(-1) == "], "answer": ["1\n"]})
        return World(problems, sft(SFT, base, lake.write("sft.executions", executed, LINEAGE), problems, LINEAGE))

    def save(self, file: Path) -> None:
        file.write_text(json.dumps(dataclasses.asdict(self)))

    @staticmethod
    def load(file: Path) -> "World":
        found = json.loads(file.read_text())
        problems, taught = found["problems"] | {"lineage": LINEAGE}, found["taught"] | {"lineage": LINEAGE}
        taught |= {"mesh": Mesh(**taught["mesh"]), "model": Architecture(**taught["model"])}
        return World(Snapshot(**problems), Checkpoint(**taught))


def changed(changes: dict[str, Any]) -> Rl:
    """The tests' section with some fields changed; `processes` is the mesh's."""
    names = {"processes", "algorithm", "num_steps", "temperature", "num_minibatches", "kl_weight", "lr"}
    section = make_section(**{name: value for name, value in changes.items() if name in names})
    return dataclasses.replace(section, **{name: value for name, value in changes.items() if name not in names})


def _documents() -> pa.Table:
    """Problems with their solutions as text, of another seed than the tests' problems."""
    family, rng = WordsToFunction(PROBLEMS), random.Random(9)
    drafts = [draft for _ in range(400) if (draft := family.draw(rng))]
    texts = [draft.prompt + draft.solution for draft in drafts]
    return pa.table({"doc_id": [f"d{place}" for place in range(len(texts))], "text": texts})


def main(folder: str, changes: str) -> None:
    from model_factory.rl.station import reinforce

    os.environ["FACTORY_HOME"] = folder
    world = World.load(Path(folder) / "world.json")
    made = reinforce(changed(json.loads(changes)), world.taught, world.problems, LINEAGE)
    # One write call a line: the processes share the pipe.
    os.write(1, (json.dumps(dataclasses.asdict(made)) + "\n").encode())


if __name__ == "__main__":
    main(*sys.argv[1:])
