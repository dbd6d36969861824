"""Problems of the kind "double it, then add 3, if negative return 0" → a Python function.

Every word of a problem counts: a draft whose value would stay the same on all probes with a step left
out or a constant moved by one is thrown away, and the hidden tests are chosen so that each of these
near misses fails at least one of them.
"""

import random

import numpy as np

from model_factory.cards.problems import Problems
from model_factory.rl.problems.draft import Draft
from model_factory.rl.problems.operators import OPERATORS, Ints, Step, run

PROBES: Ints = np.array([*range(-60, 61), -100, 100], dtype=np.int64)
MAX_VALUE = 10**6
ENTRY_POINT = "f"


class WordsToFunction:
    """Draws functions of `min_ops` to `max_ops` steps, each with a phrasing drawn at random."""

    operators = tuple(operator.name for operator in OPERATORS)

    def __init__(self, section: Problems) -> None:
        self.section = section

    def draw(self, rng: random.Random) -> Draft | None:
        return self.pose(self.draw_steps(rng), rng)

    def draw_steps(self, rng: random.Random) -> tuple[Step, ...]:
        num_ops = rng.randint(self.section.min_ops, self.section.max_ops)
        operators = [rng.choice(OPERATORS) for _ in range(num_ops)]
        return tuple(Step(operator, rng.choice(operator.constants)) for operator in operators)

    def pose(self, steps: tuple[Step, ...], rng: random.Random) -> Draft | None:
        """The problem of these steps, or None where they do not all matter or values pass 10⁶."""
        values = run(steps, PROBES)
        if np.abs(values).max() > MAX_VALUE:
            return None
        misses = np.stack([run(miss, PROBES) for miss in near_misses(steps)]) != values
        if not misses.any(axis=1).all():
            return None
        words = ", then ".join(step.say(rng.randrange(len(step.operator.phrasings))) for step in steps)
        chosen = choose_tests(misses, self.section.num_tests, rng)
        return Draft(
            prompt=f"# {words}\ndef {ENTRY_POINT}(x):\n",
            solution="".join(f"    {step.line()}\n" for step in steps) + "    return x\n",
            entry_point=ENTRY_POINT,
            tests=[([int(PROBES[i])], int(values[i])) for i in chosen],
            behaviour=values.tobytes(),
            operators=tuple(step.operator.name for step in steps),
        )


def near_misses(steps: tuple[Step, ...]) -> list[tuple[Step, ...]]:
    """The function with one step left out, or one constant moved by one up or down."""
    misses = []
    for i, step in enumerate(steps):
        before, after = steps[:i], steps[i + 1 :]
        misses.append(before + after)
        if len(step.operator.constants) > 1:
            misses += [(*before, Step(step.operator, step.constant + by), *after) for by in (-1, 1)]
    return misses


def choose_tests(misses_MP: "np.ndarray", num_tests: int, rng: random.Random) -> list[int]:
    """Indices of the probes to test on: greedily those that most of the remaining near misses fail,
    then others at random. `misses_MP[m, p]` says whether near miss m differs on probe p."""
    chosen: list[int] = []
    alive = np.ones(len(misses_MP), dtype=bool)
    while alive.any() and len(chosen) < num_tests:
        best = int(misses_MP[alive].sum(axis=0).argmax())
        chosen.append(best)
        alive &= ~misses_MP[:, best]
    others = [i for i in range(misses_MP.shape[1]) if i not in chosen]
    return chosen + rng.sample(others, num_tests - len(chosen))
