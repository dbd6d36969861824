"""The benchmark `next_line`: which of four lines of a held-out document comes next?

The other three stand elsewhere in the same document with the same indentation.
"""

import random
from collections.abc import Iterator

from model_factory import lake
from model_factory.evals.benchmark import Subject

# lm-eval's description of the task; where its data lies is added where it is run.
TASK = {
    "task": "next_line",
    "dataset_path": "json",
    "test_split": "test",
    "output_type": "multiple_choice",
    "doc_to_text": "context",
    "doc_to_choice": "choices",
    "doc_to_target": "answer",
    "target_delimiter": "",
    "metric_list": [
        {"metric": "acc", "aggregation": "mean", "higher_is_better": True},
        {"metric": "acc_norm", "aggregation": "mean", "higher_is_better": True},
    ],
    "metadata": {"version": 1.0},
}
NUM_ROWS = 120
NUM_CHOICES = 4
ROWS_A_DOCUMENT = 8
CONTEXT_LINES = 10
MIN_LINE_CHARS = 8
MAX_LINE_CHARS = 100


def next_line_rows(subject: Subject) -> list[dict[str, object]]:
    """Up to `NUM_ROWS` questions: doc_id, context, choices, answer (the index of the right choice).

    Drawn by the documents' ids alone, at most `ROWS_A_DOCUMENT` from each, so equal held-out text gives
    equal rows. ValueError if no held-out document has enough lines.
    """
    heldout = lake.read(subject.sequences, ["doc_ids"], "split = 'heldout'")["doc_ids"].to_pylist()
    names = {doc_id for row in heldout for doc_id in row}
    documents = lake.read(subject.documents, ["doc_id", "text"]).to_pylist()
    rows = [
        row
        for one in sorted(documents, key=lambda document: document["doc_id"])
        if one["doc_id"] in names
        for row in _questions(one["doc_id"], one["text"])
    ]
    if not rows:
        raise ValueError(
            f"lm_eval: none of the {len(names)} held-out documents has lines enough for a question; "
            "raise tokenize.heldout_fraction, or leave lm_eval out of evaluate.benchmarks"
        )
    return sorted(random.Random("next_line").sample(rows, min(NUM_ROWS, len(rows))), key=lambda row: str(row["doc_id"]))


def _questions(doc_id: str, text: str) -> Iterator[dict[str, object]]:
    lines = text.splitlines()
    rng = random.Random(f"next_line {doc_id}")
    usable = [i for i in range(3, len(lines)) if MIN_LINE_CHARS <= len(lines[i].strip()) <= MAX_LINE_CHARS]
    rng.shuffle(usable)
    asked = 0
    for place in usable:
        others = sorted(
            {lines[i] for i in usable if _indentation(lines[i]) == _indentation(lines[place])} - {lines[place]}
        )
        if asked < ROWS_A_DOCUMENT and len(others) >= NUM_CHOICES - 1:
            asked += 1
            yield _question(doc_id, lines, place, rng.sample(others, NUM_CHOICES - 1), rng)


def _question(doc_id: str, lines: list[str], place: int, others: list[str], rng: random.Random) -> dict[str, object]:
    answer = rng.randrange(NUM_CHOICES)
    choices = [f"{line}\n" for line in (*others[:answer], lines[place], *others[answer:])]
    context = "".join(f"{line}\n" for line in lines[max(0, place - CONTEXT_LINES) : place])
    return {"doc_id": doc_id, "context": context, "choices": choices, "answer": answer}


def _indentation(line: str) -> int:
    return len(line) - len(line.lstrip())
