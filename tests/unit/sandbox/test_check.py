"""Candidates are judged by values compared outside the sandbox."""

import json

import pytest

from model_factory.cards.limits import Limits
from model_factory.sandbox import Candidate, Verdict, check_functions, check_programs
from model_factory.sandbox.check import _Run

LIMITS = Limits(wall_s=2.0, cpu_s=1.0, memory_bytes=256 << 20, output_bytes=65536, file_bytes=1 << 20, num_processes=8)
ADDS = [[[1, 2], 3], [[2, 2], 4], [[-1, 1], 0]]


def judge(source: str, tests: list = ADDS) -> Verdict:
    return check_functions([Candidate(source, "f", tests)], LIMITS)[0]


def test_a_correct_function_passes_every_test() -> None:
    verdict = judge("def f(a, b):\n    return a + b")
    assert verdict == Verdict("ok", 3, 3, "")
    assert verdict.correct


def test_a_wrong_one_passes_the_tests_it_happens_to() -> None:
    verdict = judge("def f(a, b):\n    return 3")
    assert verdict == Verdict("ok", 1, 3, "test 1: returned 3")
    assert not verdict.correct


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("True", 1),
        ("1", True),
        ("1.0", 1),
        ("0", False),
        ("[1, True]", [1, 1]),
        ("(1, 2)", [1, 2]),
        ("{'a': 1.0}", {"a": 1}),
        ("'3'", 3),
        ("None", 0),
        ("type('Two', (int,), {'__repr__': lambda self: '2'})(7)", 2),
        ("type('Any', (), {'__eq__': lambda self, other: True, '__repr__': lambda self: '2'})()", 2),
        ("iter([2])", [2]),
    ],
)
def test_another_type_is_another_value(expression: str, expected: object) -> None:
    verdict = judge(f"def f():\n    return {expression}", [[[], expected]])
    assert (verdict.status, verdict.passed) == ("ok", 0)


@pytest.mark.parametrize(
    "value", [None, True, -3, 2.5, 1e300, "tab\t'\"\nä", [], [[1], {}], {"a": [1, None]}, "x" * 5000]
)
def test_plain_values_come_back_whole(value: object) -> None:
    assert judge("def f(x):\n    return x", [[[value], value]]).correct


@pytest.mark.parametrize(
    ("source", "verdict"),
    [
        ("def f(:", Verdict("error", 0, 3, "SyntaxError: invalid syntax (candidate.py, line 1)")),
        ("def g(a, b):\n    return a + b", Verdict("error", 0, 3, "KeyError: 'f'")),
        ("raise ValueError('early')", Verdict("error", 0, 3, "ValueError: early")),
        ("def f(a, b):\n    raise ValueError(a)", Verdict("ok", 0, 3, "ValueError: 1")),
        ("import sys\ndef f(a, b):\n    sys.exit(0)", Verdict("ok", 0, 3, "SystemExit: 0")),
        ("import os\nos._exit(0)", Verdict("error", 0, 3, "ended after 0 of 3 answers")),
        (
            "import os\ndef f(a, b):\n    return os._exit(0) if a == 2 else a + b",
            Verdict("error", 1, 3, "ended after 1 of 3 answers"),
        ),
        ("def f(a, b):\n    while a == 2:\n        pass\n    return a + b", Verdict("timeout", 1, 3, "timeout")),
        ("x = [0]\nwhile True:\n    x = x + x", Verdict("error", 0, 3, "MemoryError: ")),
    ],
)
def test_what_goes_wrong_is_said(source: str, verdict: Verdict) -> None:
    assert judge(source) == verdict


def test_printed_answers_do_not_count() -> None:
    """Not what it prints, not a line in the harness's form, not one on the descriptor it finds."""
    source = """
import json, os
for word in ("", "0" * 32):
    for kind, text in (("value", "3"), ("value", "4"), ("value", "0"), ("end", "")):
        line = json.dumps([word, kind, text])
        print(line)
        for descriptor in range(1, 10):
            try:
                os.write(descriptor, (line + "\\n").encode())
            except OSError:
                pass
os._exit(0)
"""
    verdict = judge(source)
    assert (verdict.passed, verdict.correct) == (0, False)


def test_expected_values_never_enter_the_sandbox() -> None:
    """The request holds the arguments alone, and a candidate that turns over every object finds no answer."""
    tests = [[[10], 987_654_321], [[11], 987_654_322]]
    assert "98765432" not in json.dumps(_Run("", "f", tests).program.__dict__)
    source = """
import gc, sys
def everything():
    frame = sys._getframe()
    while frame:
        yield from (frame.f_locals, frame.f_globals)
        frame = frame.f_back
    yield from gc.get_objects()
    yield from sys.argv
def f(x):
    seen = str(list(everything()))
    wanted = 987_654_311 + x
    return wanted if str(wanted) in seen else str(x) in seen
"""
    verdict = judge(source, tests)
    assert (verdict.status, verdict.passed, verdict.error) == ("ok", 0, "test 0: returned True")


def test_equal_candidates_run_once_and_every_place_gets_its_verdict() -> None:
    marked = "import time\nstamp = time.monotonic_ns()\ndef f(a, b):\n    return stamp"
    other = "def f(a, b):\n    return a + b"
    verdicts = check_functions([Candidate(source, "f", ADDS) for source in (marked, other, marked)], LIMITS)
    assert verdicts[0] == verdicts[2]
    assert verdicts[1].correct
    again = check_functions([Candidate(marked, "f", ADDS)], LIMITS)
    assert again[0].error != verdicts[0].error


def test_the_same_source_with_other_tests_is_another_candidate() -> None:
    source = "def f(a, b):\n    return a + b"
    verdicts = check_functions([Candidate(source, "f", ADDS), Candidate(source, "f", [[[1, 1], 3]])], LIMITS)
    assert [verdict.passed for verdict in verdicts] == [3, 0]


def test_programs_pass_only_by_reaching_their_end() -> None:
    sources = [
        "def f(x):\n    return x\nassert f(1) == 1",
        "assert False, 'no'",
        "import sys\nsys.exit(0)\nassert False",
        "import os\nos._exit(0)",
        "print('passed')\nraise SystemExit",
    ]
    verdicts = check_programs(sources, LIMITS)
    assert [verdict.correct for verdict in verdicts] == [True, False, False, False, False]
    assert verdicts[1].error == "AssertionError: no"
