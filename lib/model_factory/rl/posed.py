"""The problems that reinforcement learning practises on, and which step asks which."""

from dataclasses import dataclass

from model_factory import lake
from model_factory.blender.permutation import permute
from model_factory.cards.rl import Rl
from model_factory.nouns import Snapshot


@dataclass(frozen=True)
class Problem:
    """A row of `rl.problems` without its solution; `tests` is the table's JSON."""

    doc_id: str
    prompt: str
    entry_point: str
    tests: str


def training_problems(problems: Snapshot) -> list[Problem]:
    """The `train` split in the order of `doc_id`; nothing else of the table is read, solutions least of all."""
    columns = ["doc_id", "prompt", "entry_point", "tests"]
    rows = lake.read(problems, columns, row_filter="split = 'train'").sort_by("doc_id").to_pylist()
    if not rows:
        raise ValueError(
            f"{problems.table}: snapshot {problems.snapshot_id} has no row with split 'train'; raise problems.num_train"
        )
    return [Problem(**row) for row in rows]


def problems_of_step(section: Rl, step: int, problems: list[Problem]) -> list[Problem]:
    """The `problems_per_step` distinct problems of step `step` (from 0): a new seeded order for every pass over
    them, of which the rest that does not fill a step is left out."""
    size = section.problems_per_step
    steps_a_pass = len(problems) // size
    if not steps_a_pass:
        raise ValueError(
            f"rl.problems_per_step: {size} is more than the {len(problems)} problems there are; "
            f"use {len(problems)} or less, or raise problems.num_train"
        )
    epoch, place = divmod(step, steps_a_pass)
    key = ("rl", section.seed, epoch)
    return [problems[permute(index, len(problems), *key)] for index in range(place * size, (place + 1) * size)]
