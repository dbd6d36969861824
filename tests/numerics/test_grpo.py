"""GRPO against closed forms and slow references."""

import math

import pytest
import torch
from torch import Generator

from model_factory.cards.limits import Limits
from model_factory.cards.rl import Rl
from model_factory.cards.training import Optimizer, Parallel, Schedule
from model_factory.rl.algorithms.registry import ALGORITHMS, algorithm


def section(clip_low: float = 0.2, clip_high: float = 0.2, kl_weight: float = 0.0) -> Rl:
    return Rl(
        seed=1,
        code="",
        mesh=Parallel(1, 1),
        algorithm="grpo",
        rewards={"execution": 1.0},
        num_steps=1,
        problems_per_step=1,
        group_size=4,
        temperature=1.0,
        max_new_tokens=8,
        clip_low=clip_low,
        clip_high=clip_high,
        kl_weight=kl_weight,
        num_minibatches=1,
        live=False,
        optimizer=Optimizer(1e-4, 0.9, 0.95, 1e-8, 0.0, 1.0),
        schedule=Schedule("constant", 0, 0.0, 1.0),
        checkpoint_every=1,
        limits=Limits(5.0, 2.0, 2**28, 2**16, 2**20, 16),
    )


def test_one_pass_in_four_weighs_as_the_closed_form() -> None:
    advantages = algorithm("grpo").advantages(torch.tensor([[1.0, 0.0, 0.0, 0.0]]), Generator())
    # mean 1/4; std with 3 in the denominator: sqrt((9/16 + 3/16) / 3) = 1/2
    expected = torch.tensor([[0.75, -0.25, -0.25, -0.25]]) / (0.5 + 1e-4)
    torch.testing.assert_close(advantages, expected)


def test_groups_of_equal_rewards_weigh_exactly_nothing() -> None:
    rewards = torch.tensor([[0.1] * 7, [1.0] * 7, [0.0] * 7])
    assert torch.equal(algorithm("grpo").advantages(rewards, Generator()), torch.zeros(3, 7))


@pytest.mark.parametrize("name", sorted(ALGORITHMS))
def test_advantages_of_every_group_sum_to_zero(name: str) -> None:
    rewards = torch.rand(5, 16, generator=Generator().manual_seed(3), dtype=torch.float64)
    advantages = algorithm(name).advantages(rewards, Generator().manual_seed(4))
    torch.testing.assert_close(advantages.sum(dim=1), torch.zeros(5, dtype=torch.float64))


@pytest.mark.parametrize(
    ("ratio", "advantage", "expected_loss", "expected_gradient"),
    [
        (1.0, 2.0, -2.0, -2.0),
        (1.1, 2.0, -2.2, -2.2),
        (1.5, 2.0, -2.6, 0.0),  # above 1 + clip_high and better: held at 1.3, no gradient
        (0.5, 2.0, -1.0, -1.0),  # fell though it is better: free to rise
        (0.5, -2.0, 1.6, 0.0),  # below 1 - clip_low and worse: held at 0.8
        (1.5, -2.0, 3.0, 3.0),  # rose though it is worse: free to fall
    ],
)
def test_clipped_loss_and_its_gradient(
    ratio: float, advantage: float, expected_loss: float, expected_gradient: float
) -> None:
    logprobs = torch.tensor([math.log(ratio) - 1.0], dtype=torch.float64, requires_grad=True)
    sampled = torch.tensor([-1.0], dtype=torch.float64)
    found = algorithm("grpo").loss(
        section(clip_low=0.2, clip_high=0.3), logprobs, sampled, None, torch.tensor([advantage], dtype=torch.float64)
    )
    found.sum().backward()
    assert found.item() == pytest.approx(expected_loss)
    assert logprobs.grad is not None
    assert logprobs.grad.item() == pytest.approx(expected_gradient)


def test_gradient_on_policy_is_the_policy_gradient() -> None:
    """At ratio 1 the gradient with respect to the logits is -A (onehot - softmax), by hand."""
    logits = torch.randn(6, 5, dtype=torch.float64, generator=Generator().manual_seed(0), requires_grad=True)
    tokens = torch.tensor([0, 1, 2, 3, 4, 0])
    advantages = torch.tensor([1.0, -0.5, 0.25, 2.0, -1.0, 0.0], dtype=torch.float64)
    logprobs = logits.log_softmax(-1)[torch.arange(6), tokens]
    algorithm("grpo").loss(section(), logprobs, logprobs.detach(), None, advantages).sum().backward()
    onehot = torch.nn.functional.one_hot(tokens, 5).double()
    expected = -advantages[:, None] * (onehot - logits.detach().softmax(-1))
    torch.testing.assert_close(logits.grad, expected)


def test_kl_estimate_averages_to_the_true_divergence() -> None:
    generator = Generator().manual_seed(5)
    policy = torch.randn(8, dtype=torch.float64, generator=generator).log_softmax(-1)
    reference = torch.randn(8, dtype=torch.float64, generator=generator).log_softmax(-1)
    penalised = algorithm("grpo").loss(section(kl_weight=1.0), policy, policy, reference, torch.zeros(8).double())
    assert (penalised >= 0).all()
    expected = (policy.exp() * (policy - reference)).sum()
    torch.testing.assert_close((policy.exp() * penalised).sum(), expected)


def test_shuffled_control_keeps_the_rewards_but_not_their_places() -> None:
    rewards = (torch.rand(8, 16, generator=Generator().manual_seed(1)) < 0.3).double()
    rewards[0], rewards[1] = 0.0, 1.0
    real = algorithm("grpo").advantages(rewards, Generator())
    shuffled = [algorithm("grpo_shuffled").advantages(rewards, Generator().manual_seed(2)) for _ in range(2)]
    assert torch.equal(shuffled[0], shuffled[1])
    assert not torch.equal(real, shuffled[0])
    assert shuffled[0][:2].abs().sum() > 0
    correlation = torch.corrcoef(torch.stack([rewards[2:].flatten(), shuffled[0][2:].flatten()]))[0, 1]
    assert abs(correlation) < 0.3


def test_an_unknown_algorithm_is_refused_by_field_and_cure() -> None:
    with pytest.raises(ValueError, match=r"rl\.algorithm: 'gpro' is not registered; use one of: .*grpo"):
        algorithm("gpro")
