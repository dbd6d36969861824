"""Rewards, by really running what earns them."""

import json
from dataclasses import replace

import pytest

from model_factory.cards.limits import Limits
from model_factory.rl.rewards.outcome import Outcome
from model_factory.rl.rewards.registry import REWARDS, reward, score
from model_factory.sandbox.check import Candidate, check_functions

LIMITS = Limits(wall_s=10.0, cpu_s=2.0, memory_bytes=2**28, output_bytes=2**16, file_bytes=2**20, num_processes=16)
PROMPT = "# double it, then add 3\ndef f(x):\n"
TESTS = json.dumps([[[0], 3], [[5], 13], [[-4], -5]])


def outcome_of(answer: str, finished: bool = True) -> Outcome:
    candidate = Candidate(PROMPT + answer, "f", json.loads(TESTS))
    verdict = check_functions([candidate], LIMITS)[0]
    return Outcome(candidate.source, "f", finished, verdict.status, verdict.passed, verdict.total)


@pytest.mark.parametrize(
    ("answer", "execution", "form"),
    [
        ("    x *= 2\n    x += 3\n    return x\n", 1.0, 1.0),
        ("    return x + x + 3\n", 1.0, 1.0),
        ("    return 3\n", 0.0, 1.0),  # right on one hidden test of three
        ("    return x * 2.0 + 3\n", 0.0, 1.0),  # equal, but not the type
        ("    x *= 2\n    x += 3\n", 0.0, 1.0),  # returns nothing
        ("    x *= \n", 0.0, 0.0),
        ("    raise SystemExit(0)\n", 0.0, 1.0),
        ("    print([3, 13, -5])\n    return x\n", 0.0, 1.0),
        ("    return x\nf = 3\n", 0.0, 1.0),
        ("    while True: pass\n", 0.0, 1.0),
    ],
)
def test_execution_rewards_what_passes_and_format_what_parses(answer: str, execution: float, form: float) -> None:
    outcome = outcome_of(answer)
    assert reward("execution")(outcome) == execution
    assert reward("format")(outcome) == form


def test_an_unfinished_answer_earns_nothing_even_if_it_would_pass() -> None:
    outcome = outcome_of("    x *= 2\n    x += 3\n    return x\n", finished=False)
    assert outcome.passed == outcome.total == 3
    assert {reward(name)(outcome) for name in REWARDS} == {0.0}


def test_passing_no_tests_at_all_is_no_pass() -> None:
    assert reward("execution")(Outcome(PROMPT + "    return x\n", "f", True, "ok", 0, 0)) == 0.0


def test_passing_every_test_and_then_dying_is_no_pass() -> None:
    outcome = outcome_of("    x *= 2\n    x += 3\n    return x\n")
    assert reward("execution")(outcome) == 1.0
    assert reward("execution")(replace(outcome, status="killed")) == 0.0


def test_score_is_the_weighted_sum_and_keeps_the_parts() -> None:
    total, parts = score({"execution": 1.0, "format": 0.25}, outcome_of("    return 3\n"))
    assert (total, parts) == (0.25, {"execution": 0.0, "format": 1.0})


def test_an_unknown_reward_is_refused_by_field_and_cure() -> None:
    with pytest.raises(ValueError, match=r"rl\.rewards: 'exec' is not registered; use: execution, finished, format"):
        reward("exec")


def test_finished_rewards_an_answer_that_ended_whatever_it_says() -> None:
    whole = outcome_of("    return )\n")
    assert reward("finished")(whole) == 1.0
    assert reward("finished")(replace(whole, finished=False)) == 0.0
