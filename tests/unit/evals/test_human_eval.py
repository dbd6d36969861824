"""HumanEval's own solutions pass, and nothing that merely looks like one does."""

import pytest

from model_factory.cards.limits import Limits
from model_factory.evals.benchmarks.human_eval import human_eval_problems, passes

LIMITS = Limits(
    wall_s=20.0, cpu_s=10.0, memory_bytes=268435456, output_bytes=65536, file_bytes=1048576, num_processes=16
)


def test_all_canonical_solutions_pass() -> None:
    rows = human_eval_problems()
    assert len(rows) == 164
    passed = passes(rows, [row["canonical_solution"] for row in rows], LIMITS)
    assert [row["task_id"] for row, ok in zip(rows, passed, strict=True) if not ok] == []


@pytest.mark.parametrize(
    "answer",
    [
        "    import sys; sys.exit(0)\n",
        "    import os; os._exit(0)\n",
        "    return None\nimport os\nos._exit(0)\n",
        "    raise SystemExit\n",
        "    pass\nprint('all tests passed')\nimport sys\nsys.exit(0)\n",
        "    return None\n",
        "",
    ],
)
def test_leaving_early_or_answering_nothing_is_no_pass(answer: str) -> None:
    assert passes(human_eval_problems()[:1], [answer], LIMITS) == [False]


def test_a_wrong_solution_fails_beside_right_ones() -> None:
    rows = human_eval_problems()[:3]
    answers = [row["canonical_solution"] for row in rows]
    answers[1] = rows[0]["canonical_solution"]
    assert passes(rows, answers, LIMITS) == [True, False, True]
