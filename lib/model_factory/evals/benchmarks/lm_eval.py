"""A task of EleutherAI's harness from local files, on our own held-out documents."""

import contextlib
import io
import json
import logging
import os
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import yaml

from model_factory.evals.benchmark import Item, Result, Subject
from model_factory.evals.next_line import NUM_CHOICES, TASK, next_line_rows
from model_factory.evals.scores import Asked, score_of, version_of
from model_factory.nouns.home import room

NAME = "next_line"
# The harness' name for a metric → ours. acc_norm divides a choice's log-probability by its characters.
METRICS = {"acc": "accuracy", "acc_norm": "accuracy_by_length"}


def lm_eval(subject: Subject) -> Result:
    """Accuracy on `next_line`; a guess is right once in four."""
    rows = next_line_rows(subject)
    samples = _run(subject, rows)
    asked = Asked("lm_eval", rows, TASK, version_of("lm_eval"), "model_factory.model")
    items, scores = [], []
    for theirs, ours in METRICS.items():
        found = [_item(rows, sample, theirs, ours) for sample in samples]
        scores.append(score_of(subject, asked, f"{NAME}_{ours}", "share of questions", found))
        items += found
    return Result(items, scores, f"lm_eval: {NAME}, {len(rows)} questions, {1 / NUM_CHOICES:.2f} is a guess")


def _item(rows: list[dict[str, Any]], sample: dict[str, Any], theirs: str, ours: str) -> Item:
    index = sample["doc_id"]
    row = rows[index]
    logprobs = [float(answer[0]) for answer in sample["filtered_resps"]]
    lengths = [len(choice) if theirs == "acc_norm" else 1 for choice in row["choices"]]
    chosen = max(range(NUM_CHOICES), key=lambda i: logprobs[i] / lengths[i])
    return Item(row["doc_id"], f"{NAME}_{ours}", index, row["context"], row["choices"][chosen], float(sample[theirs]))


def _run(subject: Subject, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The harness' own record of every question, in the order of the rows."""
    with TemporaryDirectory(dir=room("tmp")) as folder, _offline(), _quiet():
        from lm_eval.evaluator import simple_evaluate
        from lm_eval.tasks import TaskManager

        from model_factory.evals.harness_model import HarnessModel

        _write_task(Path(folder), rows)
        found = simple_evaluate(
            model=HarnessModel(subject),
            tasks=[NAME],
            task_manager=TaskManager(include_path=folder, include_defaults=False),
            bootstrap_iters=0,
            log_samples=True,
        )
    assert found is not None
    return sorted(map(dict, found.get("samples", {})[NAME]), key=lambda sample: sample["doc_id"])


def _write_task(folder: Path, rows: list[dict[str, Any]]) -> None:
    """The task and its rows as the files that the harness reads."""
    data = folder / "test.jsonl"
    data.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    files = {"data_files": {"test": str(data)}, "cache_dir": str(folder / "cache")}
    (folder / f"{NAME}.yaml").write_text(yaml.safe_dump(TASK | {"dataset_kwargs": files}), encoding="utf-8")


@contextlib.contextmanager
def _offline() -> Iterator[None]:
    """Whatever `datasets` would like to ask a hub, it doesn't."""
    names = ("HF_HUB_OFFLINE", "HF_DATASETS_OFFLINE", "HF_HUB_DISABLE_TELEMETRY")
    before = {name: os.environ.get(name) for name in names}
    os.environ.update(dict.fromkeys(names, "1"))
    try:
        yield
    finally:
        for name, value in before.items():
            os.environ.pop(name) if value is None else os.environ.update({name: value})


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """The harness' bars and its word on every default are not ours."""
    level = logging.getLogger().manager.disable
    logging.disable(logging.WARNING)
    try:
        with contextlib.redirect_stderr(io.StringIO()):
            yield
    finally:
        logging.disable(level)
