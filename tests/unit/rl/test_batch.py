"""Equal answers are computed once, and counted: the loss is the one of all samples."""

import pytest
import torch

from model_factory.model import Transformer
from model_factory.nouns import Architecture
from model_factory.rl.algorithms.grpo import Grpo
from model_factory.rl.batch import batches, distinct
from model_factory.rl.learner import Policy, answer_logprobs
from tests.unit.rl.samples import make_sample, make_section

TINY = Architecture(64, 2, 32, 4, 2, 48, 10000.0, 1e-5, 64, True)


def test_equal_answers_of_a_group_become_one_row() -> None:
    samples = [
        make_sample(0, 0, (5, 1)),
        make_sample(0, 1, (5, 1)),
        make_sample(0, 2, (6, 1)),
        make_sample(1, 0, (5, 1)),
    ]
    rows = distinct(samples, torch.tensor([[0.5, 0.5, -1.0], [0.25, 0.0, 0.0]]))
    assert sorted((row.answer_ids, row.advantage, row.count) for row in rows) == [
        ((5, 1), 0.25, 1),
        ((5, 1), 0.5, 2),
        ((6, 1), -1.0, 1),
    ]


def test_equal_answers_that_weigh_differently_stay_apart() -> None:
    """As in the shuffled control, where equal answers get different rewards."""
    rows = distinct([make_sample(0, 0, (5, 1)), make_sample(0, 1, (5, 1))], torch.tensor([[0.5, -0.5]]))
    assert sorted(row.advantage for row in rows) == [-0.5, 0.5]


def test_samples_without_advantage_are_left_out() -> None:
    assert distinct([make_sample(0, 0, (5, 1)), make_sample(0, 1, (6, 1))], torch.zeros(1, 2)) == []
    assert list(batches([], 100)) == []


def test_batches_hold_every_row_and_no_more_positions_than_allowed() -> None:
    samples = [make_sample(0, i, (*range(2, 3 + i), 1)) for i in range(12)]
    rows = distinct(samples, torch.arange(1.0, 13.0)[None])
    found = list(batches(rows, max_tokens=40))
    assert all(batch.tokens_RT.numel() <= 40 for batch in found)
    assert torch.cat([batch.advantages_N.unique(sorted=True) for batch in found]).tolist() == list(range(1, 13))


@pytest.mark.parametrize("max_tokens", [20, 10_000])
@pytest.mark.parametrize("temperature", [1.0, 0.7])
def test_loss_and_gradient_are_those_of_every_sample_alone(max_tokens: int, temperature: float) -> None:
    """Against a loop over samples and positions, without padding, merging or masks."""
    torch.manual_seed(0)
    model = Transformer(TINY).double()
    section = make_section(temperature=temperature)
    answers = [(5, 1), (5, 1), (6, 7, 8, 1), (9, 1), (5, 1), (6, 1), (6, 1), (6, 7, 1)]
    samples = [make_sample(i // 4, i % 4, answer, logprob=-0.4) for i, answer in enumerate(answers)]
    advantages = torch.tensor([[1.0, 1.0, -0.5, -1.5], [0.0, 2.0, 2.0, -4.0]])

    expected, num_tokens = torch.zeros((), dtype=torch.float64), 0
    for sample in samples:
        advantage = advantages[sample.group, sample.index].double()
        ids = list(sample.prompt_ids) + list(sample.completion.token_ids)
        for place in range(len(sample.prompt_ids), len(ids)):
            scores = model(torch.tensor([ids[:place]]))[0, -1] / temperature
            ratio = torch.exp(scores.log_softmax(-1)[ids[place]] + 0.4)
            held = ratio.clamp(1 - section.clip_low, 1 + section.clip_high)
            expected = expected - torch.minimum(ratio * advantage, held * advantage)
            num_tokens += int(advantage != 0)
    expected.backward()
    wanted = [parameter.grad.clone() for parameter in model.parameters() if parameter.grad is not None]

    model.zero_grad()
    policy = Policy(section, Grpo(), None)
    total, found_tokens = torch.zeros((), dtype=torch.float64), 0.0
    for batch in batches(distinct(samples, advantages), max_tokens):
        loss, num = policy.loss(model, batch)
        loss.backward()
        total, found_tokens = total + loss.detach(), found_tokens + num
    assert found_tokens == num_tokens
    torch.testing.assert_close(total, expected.detach(), rtol=1e-5, atol=1e-6)
    for parameter, gradient in zip(model.parameters(), wanted, strict=True):
        torch.testing.assert_close(parameter.grad, gradient, rtol=1e-4, atol=1e-6)


def test_logprobs_of_an_answer_do_not_depend_on_its_neighbours() -> None:
    torch.manual_seed(0)
    model = Transformer(TINY)
    short, long = make_sample(0, 0, (5, 1)), make_sample(0, 1, tuple(range(2, 20)))
    alone = answer_logprobs(model, next(batches(distinct([short], torch.ones(1, 2)), 999)), 1.0)
    both = answer_logprobs(model, next(batches(distinct([short, long], torch.ones(1, 2)), 999)), 1.0)
    torch.testing.assert_close(both[:2], alone, rtol=1e-5, atol=1e-6)
