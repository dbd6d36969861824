"""lm-eval's harness on our model and our held-out documents, without a network."""

import socket
from pathlib import Path
from typing import Any

import pytest
import torch

from model_factory import lake, weights
from model_factory.blender.heldout import is_heldout
from model_factory.evals.benchmark import Subject
from model_factory.evals.benchmarks.lm_eval import lm_eval
from model_factory.evals.next_line import NUM_CHOICES, ROWS_A_DOCUMENT, next_line_rows
from tests.unit.evals.world import EVALUATE, TOKENIZE, World


@pytest.fixture
def subject(world: World) -> Subject:
    return Subject(EVALUATE, world.base, world.sequences, world.problems, world.documents)


def logprob(subject: Subject, context: str, continuation: str) -> float:
    """Σ log p(continuation | context), one question at a time."""
    encode = lambda text: subject.tokenizer.encode(text, add_special_tokens=False).ids  # noqa: E731
    first, then = encode(context) or [subject.end_token_id], encode(continuation)
    row = [*first, *then][-subject.checkpoint.model.context_length :]
    asked = min(len(then), len(row) - 1)
    with torch.no_grad():
        logprobs = weights.load_model(subject.checkpoint)(torch.tensor([row]))[0, :-1].log_softmax(-1)
    return logprobs.gather(-1, torch.tensor(row[1:])[:, None])[-asked:].sum().item()


def test_questions_are_of_held_out_documents_and_their_answers_are_the_next_lines(
    world: World, subject: Subject
) -> None:
    texts = {row["doc_id"]: row["text"] for row in lake.read(world.documents, ["doc_id", "text"]).to_pylist()}
    rows = next_line_rows(subject)
    assert len(rows) >= 10
    for row in rows:
        assert is_heldout(str(row["doc_id"]), TOKENIZE.heldout_fraction)
        choices: Any = row["choices"]
        assert len(set(choices)) == NUM_CHOICES
        assert f"{row['context']}{choices[row['answer']]}" in texts[row["doc_id"]].replace("\r\n", "\n") + "\n"
        assert all(choice in texts[row["doc_id"]] + "\n" for choice in choices)
    named = [row["doc_id"] for row in rows]
    assert max(named.count(doc_id) for doc_id in named) <= ROWS_A_DOCUMENT
    assert rows == next_line_rows(subject)


def test_the_place_of_the_right_answer_says_nothing(subject: Subject) -> None:
    """A model that always takes the first choice is right about once in four."""
    answers = [row["answer"] for row in next_line_rows(subject)]
    assert {answers.count(place) > 0 for place in range(NUM_CHOICES)} == {True}
    assert max(answers.count(place) for place in range(NUM_CHOICES)) < 0.5 * len(answers)


def test_accuracy_is_that_of_the_choices_log_probabilities(
    subject: Subject, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("HF_HOME", str(tmp_path))

    def refuse(*address: object) -> None:
        raise AssertionError(f"the network was asked: {address}")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    result = lm_eval(subject)
    rows = next_line_rows(subject)
    right = 0
    for row in rows:
        choices: Any = row["choices"]
        found = [logprob(subject, str(row["context"]), choice) for choice in choices]
        right += found.index(max(found)) == row["answer"]
    accuracy, by_length = result.scores
    assert accuracy.metric == "next_line_accuracy"
    assert accuracy.num_items == len(rows)
    assert accuracy.value == pytest.approx(right / len(rows))
    assert {item.mode for item in result.items} == {accuracy.metric, by_length.metric}
    for score in result.scores:
        of_it = [item.score for item in result.items if item.mode == score.metric]
        assert score.value == pytest.approx(sum(of_it) / len(of_it))
        assert "lm_eval" in score.harness
    assert not list(tmp_path.rglob("*"))


def test_rolling_log_likelihood_predicts_every_token_once(subject: Subject) -> None:
    from lm_eval.api.instance import Instance

    from model_factory.evals.harness_model import HarnessModel

    text = "def f(x):\n    return x + 1\n" * 20
    request = Instance("loglikelihood_rolling", {}, (text,), 0)
    (found,) = HarnessModel(subject).loglikelihood_rolling([request])
    tokens = [subject.end_token_id, *subject.tokenizer.encode(text, add_special_tokens=False).ids]
    length = subject.checkpoint.model.context_length
    assert len(tokens) > 2 * length
    model, total = weights.load_model(subject.checkpoint), 0.0
    for start in range(0, len(tokens) - 1, length - 1):
        window = torch.tensor(tokens[start : start + length])
        with torch.no_grad():
            logprobs = model(window[None])[0, :-1].log_softmax(-1)
        total += logprobs.gather(-1, window[1:, None]).sum().item()
    # The last window looks further back than these disjoint ones; an untrained model hardly minds.
    assert found == pytest.approx(total, rel=2e-3)


def test_an_empty_context_is_the_end_of_a_document(subject: Subject) -> None:
    from lm_eval.api.instance import Instance

    from model_factory.evals.harness_model import HarnessModel

    (found,) = HarnessModel(subject).loglikelihood([Instance("loglikelihood", {}, ("", "import os\n"), 0)])
    assert found[0] == pytest.approx(logprob(subject, "", "import os\n"), rel=1e-5)
