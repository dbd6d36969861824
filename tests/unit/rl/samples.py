"""Samples and sections for the tests of this folder."""

from model_factory.cards.limits import Limits
from model_factory.cards.rl import Rl
from model_factory.cards.training import Optimizer, Parallel, Schedule
from model_factory.nouns.engine import Completion
from model_factory.rl.actor import Sample
from model_factory.rl.posed import Problem
from model_factory.rl.rewards.outcome import Outcome


def make_section(
    *,
    processes: int = 1,
    algorithm: str = "grpo",
    num_steps: int = 4,
    temperature: float = 1.0,
    num_minibatches: int = 1,
    kl_weight: float = 0.0,
    lr: float = 1e-3,
) -> Rl:
    return Rl(
        seed=5,
        code="",
        mesh=Parallel(processes, 1),
        algorithm=algorithm,
        rewards={"execution": 1.0},
        num_steps=num_steps,
        problems_per_step=4,
        group_size=4,
        temperature=temperature,
        max_new_tokens=40,
        clip_low=0.2,
        clip_high=0.2,
        kl_weight=kl_weight,
        num_minibatches=num_minibatches,
        live=False,
        optimizer=Optimizer(lr, 0.9, 0.95, 1e-8, 0.0, 1.0),
        schedule=Schedule("constant", 0, 0.0, 1.0),
        checkpoint_every=2,
        limits=Limits(10.0, 2.0, 2**28, 2**16, 2**20, 16),
    )


def make_sample(group: int, index: int, answer: tuple[int, ...], logprob: float = -0.5) -> Sample:
    completion = Completion(group, list(answer), [logprob] * len(answer), "stop", 0)
    problem = Problem(f"doc-{group}", "# double it\n", "f", "[[[1], 2]]")
    outcome = Outcome("", "f", True, "ok", 0, 1)
    return Sample(problem, group, index, (3, 4, 2 + group), completion, outcome, 0.0, {"execution": 0.0})
