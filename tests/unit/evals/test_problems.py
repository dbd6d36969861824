"""pass@1 from answers that are known: right, wrong, and right but never ended."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pyarrow as pa
import pytest
from torch import Tensor

from model_factory import lake
from model_factory.evals.benchmark import Subject
from model_factory.evals.benchmarks.problems import problems_heldout
from model_factory.evals.statistics import wilson
from model_factory.nouns import Checkpoint
from model_factory.nouns.engine import Completion, Engine, Sampling
from tests.unit.evals.world import EVALUATE, World, lineage


@dataclass
class Scribe:
    """An engine that writes down given answers: prompt tokens → answer tokens."""

    answers: Mapping[tuple[int, ...], tuple[int, ...]]

    def load(self, checkpoint: Checkpoint) -> None: ...

    def update(self, weights: Mapping[str, Tensor], version: int) -> None: ...

    def generate(self, prompts: Sequence[Sequence[int]], sampling: Sampling) -> list[Completion]:
        found = []
        for index, prompt in enumerate(prompts):
            tokens = self.answers[tuple(prompt)]
            reason = "stop" if tokens[-1] in sampling.stop_token_ids else "length"
            found += [Completion(index, tokens, (0.0,) * len(tokens), reason, 0)] * sampling.num_samples
        return found


@pytest.fixture(scope="module")
def rows(world: World) -> list[dict[str, str]]:
    """Problems with known solutions: the demonstrations, as if they were held out."""
    return lake.read(world.problems, row_filter="split = 'demonstration'").to_pylist()


@pytest.fixture(scope="module")
def subject(world: World, rows: list[dict[str, str]]) -> Subject:
    moved = lake.stage("rl.problems", pa.Table.from_pylist([{**row, "split": "heldout"} for row in rows]), lineage("p"))
    return Subject(EVALUATE, world.base, world.sequences, moved, world.documents)


def answering(subject: Subject, rows: list[dict[str, str]], answers: list[str], ended: bool = True) -> Subject:
    encode = lambda text: tuple(subject.tokenizer.encode(text, add_special_tokens=False).ids)  # noqa: E731
    end = (subject.end_token_id,) if ended else ()
    known = {encode(row["prompt"]): encode(text) + end for row, text in zip(rows, answers, strict=True)}
    other = Subject(EVALUATE, subject.checkpoint, subject.sequences, subject.problems, subject.documents)
    engine: Engine = Scribe(known)
    other.__dict__["engine"] = engine
    return other


def test_right_answers_score_one_in_both_modes(subject: Subject, rows: list[dict[str, str]]) -> None:
    scores = problems_heldout(answering(subject, rows, [row["solution"] for row in rows])).scores
    assert [score.value for score in scores] == [1.0, 1.0]
    assert scores[0].low == wilson(len(rows), len(rows)).low


def test_answers_that_never_end_are_no_answers(subject: Subject, rows: list[dict[str, str]]) -> None:
    """An answer cut at the token limit may be right so far; what would come next is not known."""
    scores = problems_heldout(answering(subject, rows, [row["solution"] for row in rows], ended=False)).scores
    assert [score.value for score in scores] == [0.0, 0.0]


@pytest.mark.parametrize(
    "trick",
    [
        "    import sys; sys.exit(0)\n",
        "    return True\n",
        "    class Same(int):\n        def __eq__(self, other): return True\n    return Same(0)\n",
        "    return float(x)\n",
        "    pass\nprint('ok')\nraise SystemExit(0)\n",
    ],
)
def test_tricks_score_nothing(subject: Subject, rows: list[dict[str, str]], trick: str) -> None:
    result = problems_heldout(answering(subject, rows, [trick] * len(rows)))
    assert [score.value for score in result.scores] == [0.0, 0.0]


def test_the_share_that_is_right_is_the_score(subject: Subject, rows: list[dict[str, str]]) -> None:
    answers = [row["solution"] if place % 4 == 0 else "    return None\n" for place, row in enumerate(rows)]
    result = problems_heldout(answering(subject, rows, answers))
    expected = sum(place % 4 == 0 for place in range(len(rows))) / len(rows)
    assert [score.value for score in result.scores] == [expected, expected]
    right = {row["doc_id"] for place, row in enumerate(rows) if place % 4 == 0}
    assert {item.doc_id for item in result.items if item.score == 1} == right
    # Two samples of a problem are one problem: no narrower interval for asking twice.
    greedy, sampled = result.scores
    assert greedy.low is not None
    assert greedy.high is not None
    assert sampled.low is not None
    assert sampled.high is not None
    assert sampled.high - sampled.low > 0.8 * (greedy.high - greedy.low)
