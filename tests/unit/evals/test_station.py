"""The whole evaluation of small checkpoints, through the real engine, sandbox and lake."""

import json
from dataclasses import replace

import pytest

from model_factory import lake
from model_factory.evals.compare import compare, page
from model_factory.evals.items import read_items
from model_factory.evals.registry import BENCHMARKS, benchmark
from model_factory.evals.station import evaluate
from model_factory.nouns import Checkpoint, Scorecard
from tests.unit.evals.world import EVALUATE, World, lineage


def scorecard(world: World, checkpoint: Checkpoint, **changed: object) -> Scorecard:
    made_by = lineage("evaluate", checkpoint, world.sequences, world.problems, world.documents)
    section = replace(EVALUATE, **changed)
    return evaluate(section, checkpoint, world.sequences, world.problems, world.documents, made_by)


@pytest.fixture(scope="module")
def cards(world: World) -> list[Scorecard]:
    return [scorecard(world, world.base), scorecard(world, world.taught())]


def test_every_benchmark_of_the_card_gives_scores_with_intervals(cards: list[Scorecard]) -> None:
    for card in cards:
        assert {score.benchmark for score in card.scores} == set(EVALUATE.benchmarks)
        for score in card.scores:
            assert score.low is not None
            assert score.high is not None
            assert score.low <= score.value <= score.high
            assert score.num_items > 0
    assert [score.metric for score in cards[0].scores if score.benchmark == "problems_heldout"] == [
        "pass_at_1_greedy", "pass_at_1_sampled",
    ]  # fmt: skip


def test_every_score_is_the_mean_of_the_items_in_the_lake(cards: list[Scorecard]) -> None:
    """A number that is reported but cannot be recomputed from its items could be anything."""
    for card in cards:
        held = read_items(card)
        for score in card.scores:
            items = next(
                items
                for (name, mode), items in held.items()
                if name == score.benchmark and (mode == "likelihood" or score.metric.endswith(mode))
            )
            assert len(items) == score.num_items
            total = sum(item.weight for item in items)
            assert score.value == pytest.approx(sum(item.score * item.weight for item in items) / total)


def test_items_name_problems_of_their_own_split_and_every_one_of_them(world: World, cards: list[Scorecard]) -> None:
    """Passing on what was trained on is the easiest way to a good score."""
    problems = {row["doc_id"]: row["split"] for row in lake.read(world.problems, ["doc_id", "split"]).to_pylist()}
    for (name, mode), items in read_items(cards[0]).items():
        if name.startswith("problems_"):
            asked = [item.doc_id for item in items]
            split = name.removeprefix("problems_")
            assert set(asked) == {doc_id for doc_id, of in problems.items() if of == split}
            each = 1 if mode == "greedy" else EVALUATE.num_samples
            assert all(asked.count(doc_id) == each for doc_id in asked)


def test_the_same_again_gives_the_same_digests(world: World, cards: list[Scorecard]) -> None:
    again = scorecard(world, world.base)
    assert again.digest == cards[0].digest
    assert lake.find(again.items).digest == lake.find(cards[0].items).digest


def test_another_batch_size_moves_no_greedy_answer(world: World, cards: list[Scorecard]) -> None:
    other = scorecard(world, world.base, batch_size=3, benchmarks=["problems_heldout"])
    assert read_items(other)[("problems_heldout", "greedy")] == read_items(cards[0])[("problems_heldout", "greedy")]


def test_other_weights_give_another_scorecard(cards: list[Scorecard]) -> None:
    assert cards[0].digest != cards[1].digest
    assert cards[0].checkpoint != cards[1].checkpoint


def test_solutions_pass_and_near_misses_do_not(world: World) -> None:
    """The judge itself: the demonstrations' own solutions are right, and wrong once a constant is moved."""
    from model_factory.sandbox.check import Candidate, check_functions

    rows = lake.read(world.problems, row_filter="split = 'demonstration'").to_pylist()
    assert rows
    for solution, expected in (
        (lambda text: text, True),
        (lambda text: text.replace("return x", "return x + 1"), False),
    ):
        candidates = [
            Candidate(row["prompt"] + solution(row["solution"]), row["entry_point"], json.loads(row["tests"]))
            for row in rows
        ]
        assert [verdict.correct for verdict in check_functions(candidates, EVALUATE.limits)] == [expected] * len(rows)


def test_checkpoints_are_compared_pair_by_pair_on_the_same_items(cards: list[Scorecard]) -> None:
    found = compare(cards, seed=1, num_bootstrap=300)
    by_name = {(one.benchmark, one.mode): one for one in found}
    assert set(by_name) == set(read_items(cards[0]))
    bits = by_name[("bits_per_byte", "likelihood")]
    values = [card.value("bits_per_byte", "bits_per_byte") for card in cards]
    assert bits.difference == pytest.approx(values[1] - values[0])
    assert bits.low <= bits.difference <= bits.high
    assert bits.p_value is None
    assert by_name[("problems_heldout", "greedy")].p_value == 1.0
    assert compare(cards, seed=1, num_bootstrap=300) == found
    html = page(cards, found)
    assert "<svg" in html
    assert f"{bits.difference:+.3f} [{bits.low:+.3f}, {bits.high:+.3f}]" in html


def test_answers_to_different_questions_are_not_compared(world: World, cards: list[Scorecard]) -> None:
    fewer = scorecard(world, world.taught(), benchmarks=["human_eval"], human_eval_limit=2)
    with pytest.raises(ValueError, match=r"human_eval.*not asked the same items \(3 and 2\)"):
        compare([cards[0], fewer], seed=1, num_bootstrap=10)


def test_a_prompt_without_room_names_the_fields(world: World) -> None:
    with pytest.raises(ValueError, match=r"128 new tokens leave no room .* context of 128"):
        scorecard(world, world.base, benchmarks=["problems_heldout"], max_new_tokens=128)


def test_an_unknown_benchmark_is_answered_with_the_known_ones() -> None:
    with pytest.raises(ValueError, match="'pass_rate' is not registered; use: bits_per_byte"):
        benchmark("pass_rate")
    assert all(callable(benchmark(name)) for name in BENCHMARKS)
