"""Problems: every function once, splits that do not touch, tests that decide."""

import json
import random
from collections import Counter
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from model_factory import lake
from model_factory.cards.problems import Problems
from model_factory.nouns import Lineage
from model_factory.rl.problems.operators import OPERATORS, Step, run
from model_factory.rl.problems.registry import family
from model_factory.rl.problems.station import make_problems, pose
from model_factory.rl.problems.words_to_function import PROBES, WordsToFunction, near_misses

SECTION = Problems(
    seed=17,
    code="",
    family="words_to_function",
    min_ops=2,
    max_ops=3,
    num_train=1500,
    num_heldout=200,
    num_combination=100,
    num_demonstrations=80,
    num_tests=8,
)
LINEAGE = Lineage(run_digest="r", station="problems", code="c", commit="0" * 40, image="none")


def call(source: str, *args: Any) -> Any:
    """Run one of the family's own solutions (never a model's) in this process."""
    names: dict[str, Any] = {}
    exec(source, names)
    return names["f"](*args)


@pytest.fixture(scope="module")
def rows() -> list[dict[str, str]]:
    return list(pose(SECTION))


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("FACTORY_HOME", str(tmp_path))
    return tmp_path


def test_every_split_has_the_asked_number(rows: list[dict[str, str]]) -> None:
    assert Counter(row["split"] for row in rows) == {
        "train": 1500,
        "heldout": 200,
        "combination": 100,
        "demonstration": 80,
    }


def test_no_function_is_posed_twice_in_any_words(rows: list[dict[str, str]]) -> None:
    """The keys are not taken at their word: the solutions themselves are run and compared."""
    assert len({row["function_key"] for row in rows}) == len({row["prompt"] for row in rows}) == len(rows)
    rng = random.Random(0)
    behaviours: dict[tuple[int, ...], str] = {}
    for _ in range(600):
        draft = WordsToFunction(SECTION).draw(rng)
        if draft is not None:
            source = draft.prompt + draft.solution
            behaviour = tuple(call(source, int(x)) for x in PROBES)
            assert behaviours.setdefault(behaviour, draft.behaviour.hex()) == draft.behaviour.hex()


def test_withheld_pairs_of_operators_stay_in_their_split(rows: list[dict[str, str]]) -> None:
    pairs = {split: Counter() for split in ("train", "heldout", "demonstration", "combination")}
    for row in rows:
        pairs[row["split"]].update(pairwise(row["operators"].split()))
    elsewhere = set(pairs["train"]) | set(pairs["heldout"]) | set(pairs["demonstration"])
    for row in rows:
        if row["split"] == "combination":
            assert not set(pairwise(row["operators"].split())) <= elsewhere
    assert len(set(pairs["combination"]) - elsewhere) > 10


def test_demonstrations_pass_their_own_hidden_tests(rows: list[dict[str, str]]) -> None:
    for row in rows:
        if row["split"] == "demonstration":
            for args, expected in json.loads(row["tests"]):
                assert call(row["prompt"] + row["solution"], *args) == expected


def test_only_demonstrations_carry_a_solution(rows: list[dict[str, str]]) -> None:
    assert all((row["solution"] != "") == (row["split"] == "demonstration") for row in rows)


def test_every_operator_says_in_python_what_it_computes() -> None:
    for operator in OPERATORS:
        for constant in (operator.constants[0], operator.constants[-1]):
            step = Step(operator, constant)
            source = f"def f(x):\n    {step.line()}\n    return x\n"
            assert [call(source, int(x)) for x in PROBES] == run((step,), PROBES).tolist(), operator.name
            assert all(("{k}" in phrasing) == (len(operator.constants) > 1) for phrasing in operator.phrasings)


def test_phrasings_name_one_operator_only() -> None:
    phrasings = [phrasing for operator in OPERATORS for phrasing in operator.phrasings]
    assert len(set(phrasings)) == len(phrasings)


def test_hidden_tests_fail_a_function_that_misses_a_step_or_a_constant() -> None:
    source, rng, num_misses = WordsToFunction(SECTION), random.Random(1), 0
    for _ in range(400):
        steps = source.draw_steps(rng)
        draft = source.pose(steps, rng)
        if draft is None:
            continue
        inputs = np.array([args[0] for args, _ in draft.tests], dtype=np.int64)
        for miss in near_misses(steps):
            assert run(miss, inputs).tolist() != [expected for _, expected in draft.tests]
            num_misses += 1
    assert num_misses > 500


def test_equal_sections_give_equal_rows_and_another_seed_others(rows: list[dict[str, str]]) -> None:
    assert list(pose(SECTION)) == rows
    other = list(pose(replace(SECTION, seed=18)))
    assert {row["prompt"] for row in other} != {row["prompt"] for row in rows}


def test_the_table_holds_the_rows_and_a_digest_of_them(home: Path, rows: list[dict[str, str]]) -> None:
    snapshot = make_problems(SECTION, LINEAGE)
    again = make_problems(SECTION, LINEAGE)
    assert (snapshot.table, snapshot.num_rows, snapshot.digest) == ("rl.problems", len(rows), again.digest)
    found = lake.read(snapshot).to_pylist()
    assert sorted(found, key=lambda row: row["doc_id"]) == sorted(rows, key=lambda row: row["doc_id"])
    assert len({row["doc_id"] for row in found}) == len(rows)


def test_a_family_too_small_for_the_card_says_so() -> None:
    tiny = replace(SECTION, min_ops=1, max_ops=1, num_train=5000)
    with pytest.raises(
        ValueError, match=r"gave only \d+ distinct functions of the .* raise max_ops or lower .*num_train"
    ):
        list(pose(tiny))


def test_an_unknown_family_is_refused_by_field_and_cure() -> None:
    with pytest.raises(ValueError, match=r"problems\.family: 'words' is not registered; use one of: words_to_function"):
        family(replace(SECTION, family="words"))
