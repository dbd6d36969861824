"""Judging candidate programs by what they do: expected values never enter the sandbox."""

import ast
import json
import secrets
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from model_factory.cards.limits import Limits
from model_factory.nouns.program import Execution, Program, Status
from model_factory.sandbox.harness import HARNESS
from model_factory.sandbox.pool import execute

MAX_ERROR_CHARS = 500


@dataclass(frozen=True)
class Candidate:
    """Source that should define `entry_point`, and its tests: a list of [args, expected]."""

    source: str
    entry_point: str
    tests: list[Any]


@dataclass(frozen=True)
class Verdict:
    """`passed` of `total` tests, and the first thing that went wrong.

    `status` is how the execution ended; also "error" when the source could not be run to its end
    or the program left before it had answered. A test that raised has merely failed.
    """

    status: Status
    passed: int
    total: int
    error: str

    @property
    def correct(self) -> bool:
        return self.status == "ok" and self.passed == self.total


def check_functions(candidates: Sequence[Candidate], limits: Limits, num_workers: int = 2) -> list[Verdict]:
    """Call every candidate's function on its tests' arguments, and compare outside the sandbox.

    A test passes when the returned plain value (None, bool, numbers, str, bytes, and lists,
    tuples, dicts and sets of them) equals the expected one in value and type: True is not 1, nor
    1.0. Equal candidates run once. A candidate that ends, hangs or floods keeps the tests it had
    passed before.
    """
    keys = [json.dumps(asdict(candidate), sort_keys=True) for candidate in candidates]
    unique = dict(zip(keys, candidates, strict=True))
    runs = [_Run(candidate.source, candidate.entry_point, candidate.tests) for candidate in unique.values()]
    executions = execute([run.program for run in runs], limits, num_workers)
    verdicts = dict(zip(unique, map(_Run.verdict, runs, executions), strict=True))
    return [verdicts[key] for key in keys]


def check_programs(sources: Sequence[str], limits: Limits, num_workers: int = 2) -> list[Verdict]:
    """Run programs that test themselves: passed when the last line was reached, whatever the exit code.

    For benchmarks like HumanEval, whose checks are source. The checks stand beside the candidate
    here: a program that sets out to deceive them can, one that merely exits early or prints cannot.
    """
    unique = {source: _Run(source, "", []) for source in sources}
    executions = execute([run.program for run in unique.values()], limits, num_workers)
    verdicts = dict(zip(unique, map(_Run.verdict, unique.values(), executions), strict=True))
    return [verdicts[source] for source in sources]


class _Run:
    """One candidate's way through the harness."""

    def __init__(self, source: str, entry_point: str, tests: list[Any]) -> None:
        self.expected = [expected for _, expected in tests]
        self.entry_point = entry_point
        self.word = secrets.token_hex(16)
        longest = max((len(repr(expected)) for expected in self.expected), default=0)
        request = {
            "source": source,
            "entry_point": entry_point,
            "args": [args for args, _ in tests],
            "word": self.word,
            # Rounded up, so that the length says little about the value.
            "max_chars": (longest // 1000 + 1) * 1000,
        }
        self.program = Program(HARNESS, json.dumps(request))

    def verdict(self, execution: Execution) -> Verdict:
        """Compare the answers with what was expected."""
        answers = [answer for line in execution.stdout.splitlines() if (answer := self._answer(line))]
        values = [(kind, text) for kind, text in answers if kind in ("value", "raised")][: len(self.expected)]
        outcomes = [
            kind == "value" and _reads_as(text, expected)
            for (kind, text), expected in zip(values, self.expected, strict=False)
        ]
        status, error = self._status(execution, answers)
        if not error and False in outcomes:
            kind, text = values[outcomes.index(False)]
            error = text if kind == "raised" else f"test {outcomes.index(False)}: returned {text}"
        if not self.entry_point:
            return Verdict(status, int(status == "ok"), 1, error[:MAX_ERROR_CHARS])
        return Verdict(status, sum(outcomes), len(self.expected), error[:MAX_ERROR_CHARS])

    def _answer(self, line: str) -> tuple[str, str] | None:
        try:
            word, kind, text = json.loads(line)
        except (ValueError, TypeError):
            return None
        return (kind, text) if word == self.word and isinstance(text, str) else None

    def _status(self, execution: Execution, answers: list[tuple[str, str]]) -> tuple[Status, str]:
        """How it ended, and why if it did not reach its end."""
        kinds = [kind for kind, _ in answers]
        if "broken" in kinds:
            return "error", answers[kinds.index("broken")][1]
        if execution.status != "ok":
            return execution.status, execution.stderr.rstrip().rpartition("\n")[2] or execution.status
        if "end" not in kinds:
            return "error", f"ended after {len(kinds)} of {len(self.expected)} answers"
        return "ok", ""


def _reads_as(text: str, expected: Any) -> bool:
    try:
        return _same(ast.literal_eval(text), expected)
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        return False


def _same(value: Any, expected: Any) -> bool:
    """Equal in value and in type, all the way down."""
    if type(value) is not type(expected):
        return False
    if isinstance(value, (list, tuple)):
        return len(value) == len(expected) and all(map(_same, value, expected))
    if isinstance(value, dict):
        return _same(sorted(value.items(), key=repr), sorted(expected.items(), key=repr))
    if isinstance(value, set):
        return _same(sorted(value, key=repr), sorted(expected, key=repr))
    return value == expected
