"""pass@1 on verifiable problems: a function in words, decided by hidden tests in the sandbox.

Source of the metric: Chen et al. 2021 (arXiv 2107.03374), eq. 1 with k = 1: the share of answers that
pass, averaged over problems. An answer that does not end by itself is no answer.
"""

import json
from typing import Any

from model_factory import lake
from model_factory.evals.benchmark import Item, Result, Subject, Text
from model_factory.evals.generation import MODES, Answers, generate
from model_factory.evals.scores import Asked, score_of
from model_factory.nouns import Snapshot
from model_factory.sandbox.check import Candidate, check_functions

_HARNESS = "model_factory.evals problems 1"
_COLUMNS = ["doc_id", "split", "prompt", "entry_point", "tests"]


def problems_heldout(subject: Subject) -> Result:
    """Functions whose behaviour no training problem has."""
    return _ask(subject, "problems_heldout", "heldout")


def problems_combination(subject: Subject) -> Result:
    """Functions with neighbouring operators that no training problem combines."""
    return _ask(subject, "problems_combination", "combination")


def heldout_texts(problems: Snapshot) -> list[Text]:
    return _texts(problems, "heldout")


def combination_texts(problems: Snapshot) -> list[Text]:
    return _texts(problems, "combination")


def _texts(problems: Snapshot, split: str) -> list[Text]:
    """The prompts: nobody has written solutions of these splits down."""
    rows = lake.read(problems, ["doc_id", "prompt"], f"split = '{split}'").sort_by("doc_id").to_pylist()
    return [Text(row["doc_id"], "prompt", row["prompt"]) for row in rows]


def _ask(subject: Subject, benchmark: str, split: str) -> Result:
    rows = lake.read(subject.problems, _COLUMNS, f"split = '{split}'").sort_by("doc_id").to_pylist()
    asked = Asked(benchmark, rows, "prompt", _HARNESS, "transformers")
    items, scores, num_cut = [], [], 0
    for mode in MODES:
        answers = generate(subject, benchmark, [row["prompt"] for row in rows], mode, subject.section.max_new_tokens)
        found = _judged(subject, rows, answers, mode)
        num_cut = max(num_cut, answers.num_cut)
        items += found
        scores.append(score_of(subject, asked, f"pass_at_1_{mode}", "share of problems", found))
    note = f"{benchmark}: {num_cut} of {len(rows)} prompts were cut to fit the context" if num_cut else None
    return Result(items, scores, note)


def _judged(subject: Subject, rows: list[dict[str, Any]], answers: Answers, mode: str) -> list[Item]:
    asked = [(answer, rows[answer.prompt_index]) for answer in answers.answers]
    candidates = [
        Candidate(source=row["prompt"] + answer.text, entry_point=row["entry_point"], tests=json.loads(row["tests"]))
        for answer, row in asked
    ]
    verdicts = check_functions(candidates, subject.section.limits)
    return [
        Item(
            row["doc_id"],
            mode,
            answer.sample,
            row["prompt"],
            answer.text,
            float(answer.finished and verdict.total > 0 and verdict.passed == verdict.total),
        )
        for (answer, row), verdict in zip(asked, verdicts, strict=True)
    ]
