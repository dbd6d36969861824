"""The rl station on real problems, a real model, the real sandbox and lake."""

import json
from collections import Counter
from dataclasses import replace
from pathlib import Path
from statistics import fmean

import pyarrow.compute as pc
import pytest
import torch

from model_factory import lake, weights
from model_factory.blender.tokenizer import load_encoder
from model_factory.inference.registry import engine
from model_factory.nouns.engine import Sampling
from model_factory.rl import transcripts
from model_factory.rl.posed import problems_of_step, training_problems
from model_factory.rl.station import reinforce
from model_factory.sandbox.check import Candidate, check_functions
from tests.unit.rl.world import LINEAGE, World, changed

PRACTICE = {"num_steps": 30, "problems_per_step": 16, "group_size": 8, "checkpoint_every": 10, "lr": 5e-4}


def test_every_pass_asks_every_problem_once_in_another_order(world: World) -> None:
    section = changed({"problems_per_step": 9})
    problems = training_problems(world.problems)
    passes = [
        [problem.doc_id for step in range(11 * n, 11 * n + 11) for problem in problems_of_step(section, step, problems)]
        for n in range(2)
    ]
    assert len(problems) == 100
    assert all(len(set(asked)) == 99 for asked in passes)
    assert passes[0] != passes[1]


def test_more_problems_a_step_than_there_are_is_refused(world: World) -> None:
    section = changed({"problems_per_step": 101})
    with pytest.raises(
        ValueError, match=r"rl\.problems_per_step: 101 is more than the 100 problems there are; use 100"
    ):
        problems_of_step(section, 0, training_problems(world.problems))


def test_reinforcement_raises_the_reward_and_its_transcripts_tell_how(world: World) -> None:
    section = changed(PRACTICE)
    made = reinforce(section, world.taught, world.problems, LINEAGE)
    assert made.digest != world.taught.digest
    assert made.step == world.taught.step + 30
    snapshot = transcripts.commit(made, LINEAGE)
    rows = lake.read(snapshot).to_pylist()

    assert snapshot.num_rows == 30 * 16 * 8 == len({(row["step"], row["doc_id"], row["sample"]) for row in rows})
    early, late = _rewards(rows)
    assert 0.1 < early < 0.8
    assert late > early + 0.08

    tokens = sum(len(row["prompt_tokens"]) + len(row["completion_tokens"]) for row in rows)
    assert made.num_tokens == world.taught.num_tokens + tokens
    assert all(row["weights_version"] == row["step"] for row in rows)
    _check_that_rewards_are_what_programs_earn(world, rows)
    _check_that_logprobs_are_the_sampling_weights(world, rows)
    assert transcripts.commit(made, LINEAGE) == snapshot


def test_the_same_with_shuffled_rewards_raises_nothing(world: World) -> None:
    made = reinforce(changed(PRACTICE | {"algorithm": "grpo_shuffled"}), world.taught, world.problems, LINEAGE)
    assert made.digest != world.taught.digest
    early, late = _rewards(lake.read(transcripts.commit(made, LINEAGE)).to_pylist())
    assert late < early + 0.04


def _rewards(rows: list[dict]) -> tuple[float, float]:
    """The mean reward of the first and of the last ten steps."""
    return tuple(fmean(row["reward"] for row in rows if row["step"] // 10 == tenth) for tenth in (0, 2))


def _check_that_rewards_are_what_programs_earn(world: World, rows: list[dict]) -> None:
    """Recomputed from the tokens in the table and the problems' own tests."""
    encoder = load_encoder(world.taught.tokenizer)
    tests = {row["doc_id"]: row for row in lake.read(world.problems).to_pylist()}
    last = [row for row in rows if row["step"] == 29]
    candidates = []
    for row in last:
        problem = tests[row["doc_id"]]
        assert problem["split"] == "train"
        assert encoder.decode(row["prompt_tokens"], skip_special_tokens=False) == problem["prompt"]
        text = encoder.decode(row["completion_tokens"], skip_special_tokens=True)
        candidates.append(Candidate(problem["prompt"] + text, "f", json.loads(problem["tests"])))
    found = []
    for row, verdict in zip(last, check_functions(candidates, changed({}).limits), strict=True):
        finished = row["completion_tokens"][-1] == encoder.token_to_id("<|end|>")
        found.append(float(verdict.correct and finished))
        if finished:
            ran = json.loads(row["execution"])
            assert ran == {"status": verdict.status, "passed": verdict.passed, "total": verdict.total}
    assert found == [row["reward"] for row in last]
    assert len(set(found)) == 2


def _check_that_logprobs_are_the_sampling_weights(world: World, rows: list[dict]) -> None:
    """Step 0 was sampled under the taught model: a full forward pass gives the same log-probabilities."""
    model = weights.load_model(world.taught)
    for row in [row for row in rows if row["step"] == 0][:16]:
        ids = torch.tensor([row["prompt_tokens"] + row["completion_tokens"]])
        with torch.no_grad():
            scores = model(ids)[0, len(row["prompt_tokens"]) - 1 : -1].log_softmax(-1)
        expected = scores.gather(1, torch.tensor(row["completion_tokens"])[:, None]).squeeze(1)
        torch.testing.assert_close(torch.tensor(row["logprobs"]), expected, rtol=1e-4, atol=1e-4)


def test_where_no_answer_differs_in_reward_the_weights_stay(world: World) -> None:
    """Two tokens are too few for any program to pass: every group's rewards are equal."""
    made = reinforce(changed({"num_steps": 2, "max_new_tokens": 2}), world.taught, world.problems, LINEAGE)
    assert made.digest == world.taught.digest


def test_a_kl_weight_changes_what_is_learnt_and_minibatches_take_more_steps(world: World) -> None:
    plain, held, halved = (
        reinforce(changed({"num_steps": 2, "problems_per_step": 8, **more}), world.taught, world.problems, LINEAGE)
        for more in ({}, {"kl_weight": 0.5}, {"num_minibatches": 2})
    )
    assert len({made.digest for made in (plain, held, halved, world.taught)}) == 4
    assert [made.step - world.taught.step for made in (plain, held, halved)] == [2, 2, 4]
    counts = Counter(row["step"] for row in lake.read(transcripts.commit(halved, LINEAGE)).to_pylist())
    assert counts == {0: 32, 1: 32}


def test_fresh_runs_of_equal_sections_give_equal_bits(
    world: World, taught_home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    section = changed({"num_steps": 3, "problems_per_step": 8})
    first = reinforce(section, world.taught, world.problems, LINEAGE)
    again = reinforce(replace(section, code="other"), world.taught, world.problems, LINEAGE)
    other = reinforce(replace(section, seed=6), world.taught, world.problems, LINEAGE)
    assert again.uri != first.uri
    assert again.digest == first.digest != other.digest
    committed = [transcripts.commit(made, LINEAGE).digest for made in (first, again, other)]
    assert committed[0] == committed[1] != committed[2]


def test_a_lost_transcript_is_named(world: World) -> None:
    made = reinforce(changed({"num_steps": 2, "seed": 77}), world.taught, world.problems, LINEAGE)
    lost = Path(made.uri).parent / "transcripts" / "step-000001-rank-000.arrow"
    lost.unlink()
    with pytest.raises(FileNotFoundError, match=r"step-000001-rank-000\.arrow.*run rl again"):
        transcripts.commit(made, LINEAGE)


def test_a_snapshot_without_training_problems_is_refused(world: World) -> None:
    rows = lake.read(world.problems)
    heldout = lake.write("rl.problems", rows.filter(pc.equal(rows["split"], "heldout")), LINEAGE)
    with pytest.raises(ValueError, match=r"has no row with split 'train'; raise problems\.num_train"):
        reinforce(changed({"seed": 78}), world.taught, heldout, LINEAGE)


def test_the_taught_model_is_a_fair_start(world: World) -> None:
    """If it passed always or never, the tests above would show nothing."""
    model = engine("transformers")
    model.load(world.taught)
    encoder = load_encoder(world.taught.tokenizer)
    problems = training_problems(world.problems)[:40]
    sampling = Sampling(1.0, 40, 1, (1,))
    completions = model.generate([encoder.encode(problem.prompt).ids for problem in problems], sampling)
    texts = [encoder.decode(list(completion.token_ids), skip_special_tokens=True) for completion in completions]
    candidates = [
        Candidate(problem.prompt + text, "f", json.loads(problem.tests))
        for problem, text in zip(problems, texts, strict=True)
    ]
    passed = sum(verdict.correct for verdict in check_functions(candidates, changed({}).limits))
    assert 2 <= passed <= 36
