"""Answers that execution does not give: what a row claims that a call returns, and solutions that fail their own tests.

Judged are `sft.executions` and those rows of `rl.problems` that carry a solution. Stored answers come from execution
themselves, so a row that disagrees was damaged or depends on what it must not depend on (time, order of sets, place).
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import polars as pl

from model_factory.cards.labels import Action, Labels
from model_factory.cards.section import STRICT
from model_factory.curation.labels.check import Check, Run, suspects
from model_factory.curation.synthesis.programs import call_of, program_of, results_of

EXECUTIONS, PROBLEMS = "sft.executions", "rl.problems"
# A result longer than this is none: far above what any station stores.
MAX_RESULT_CHARS = 10_000
NOTHING = "(nothing)"


@dataclass(frozen=True)
class ExecutedAnswers:
    __pydantic_config__ = STRICT

    action: Action


@dataclass(frozen=True)
class Claim:
    """That calls of the function in `source` return what is written, by rows of a table: (place, call, result)."""

    source: str
    calls: list[tuple[int, str, str]]


def _find(rows: pl.DataFrame, settings: ExecutedAnswers, section: Labels, run: Run) -> pl.DataFrame:
    claims = list(_solutions(rows) if "solution" in rows.columns else _answers(rows))
    programs = [program_of(one.source, [call for _, call, _ in one.calls], MAX_RESULT_CHARS) for one in claims]
    found: dict[int, tuple[int, str, str, str]] = {}
    for claim, executed in zip(claims, run(programs), strict=True):
        results = results_of(executed)
        for number, (place, call, given) in enumerate(claim.calls):
            if results.get(number, NOTHING) != given:
                found.setdefault(place, (place, call, given, results.get(number, NOTHING)))
    return suspects(list(found.values()))


def _answers(rows: pl.DataFrame) -> Iterator[Claim]:
    """The calls of each function with the answers that are learnt, one program a function."""
    of_source: dict[str, list[tuple[int, str, str]]] = {}
    for place, (source, call, answer) in enumerate(rows.select("source", "call", "answer").iter_rows()):
        of_source.setdefault(source, []).append((place, call, answer.removesuffix("\n")))
    yield from (Claim(source, calls) for source, calls in of_source.items())


def _solutions(rows: pl.DataFrame) -> Iterator[Claim]:
    """Every solution with its tests."""
    solved = rows.with_row_index("place").filter(pl.col("solution") != "")
    for row in solved.select("place", "prompt", "solution", "entry_point", "tests").iter_rows(named=True):
        tests: Sequence[tuple[list[object], object]] = json.loads(row["tests"])
        calls = [(row["place"], call_of(row["entry_point"], tuple(args)), repr(value)) for args, value in tests]
        yield Claim(row["prompt"] + row["solution"], calls)


CHECK = Check("1", ExecutedAnswers, lambda settings: (EXECUTIONS, PROBLEMS), _find)
