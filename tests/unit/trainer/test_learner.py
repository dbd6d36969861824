import copy

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from model_factory.cards.training import Optimizer, Schedule
from model_factory.model import Transformer
from model_factory.model.initialise import initialise
from model_factory.nouns import Architecture
from model_factory.trainer.learner import Learner
from model_factory.trainer.processes import Processes
from model_factory.trainer.rows import Rows, Segment, assemble, microbatches, next_token_loss
from model_factory.weights import digest_of_state

ARCHITECTURE = Architecture(50, 2, 32, 4, 2, 64, 10000.0, 1e-5, 32, tie_embeddings=True)
OPTIMIZER = Optimizer(1e-2, 0.9, 0.95, 1e-8, 0.1, 1.0)
ALONE = Processes(0, 1)


def learner(optimizer: Optimizer = OPTIMIZER) -> Learner:
    model = initialise(Transformer(ARCHITECTURE), 1)
    return Learner(model, optimizer, Schedule("constant", 0, 0.0, 1.0), 10, ALONE)


def rows(seed: int, count: int = 4) -> list[list[Segment]]:
    generator = np.random.default_rng(seed)
    return [[Segment(generator.integers(0, 50, size)) for size in (10, 15, 5)] for _ in range(count)]


def test_targets_follow_their_own_segment_and_prompts_are_not_learnt() -> None:
    made = assemble([[Segment(np.array([5, 6, 7])), Segment(np.array([8, 9, 10, 11]), num_given=3)]], 9)
    assert made.tokens_BT.tolist() == [[5, 6, 7, 8, 9, 10, 11, 0, 0]]
    assert made.targets_BT.tolist() == [[6, 7, -100, -100, -100, 11, -100, -100, -100]]
    assert made.documents_BT.tolist() == [[0, 0, 0, 1, 1, 1, 1, -1, -1]]


def test_a_step_is_adamw_on_the_clipped_gradient_of_the_mean() -> None:
    ours = learner()
    reference = copy.deepcopy(ours.model)
    batch = assemble(rows(1), 32)
    logits = reference(batch.tokens_BT, batch.documents_BT)
    F.cross_entropy(logits.flatten(0, 1), batch.targets_BT.flatten(), ignore_index=-100).backward()
    norm = torch.nn.utils.clip_grad_norm_(reference.parameters(), 1.0)
    groups = [
        {"params": [p for p in reference.parameters() if p.ndim == 2], "weight_decay": 0.1},
        {"params": [p for p in reference.parameters() if p.ndim == 1], "weight_decay": 0.0},
    ]
    torch.optim.AdamW(groups, lr=1e-2, betas=(0.9, 0.95)).step()
    done = ours.step([batch], next_token_loss)
    assert done.grad_norm == pytest.approx(float(norm), rel=1e-5)
    assert done.num_terms == 4 * (9 + 14 + 4)
    for mine, theirs in zip(ours.model.parameters(), reference.parameters(), strict=True):
        assert torch.allclose(mine, theirs, atol=2e-5)


def test_the_denominator_counts_terms_not_microbatches() -> None:
    """A short and a long microbatch weigh by their tokens: the same as both in one."""
    short, long = rows(1, 1), rows(2, 5)
    apart, together = learner(), learner()
    split = apart.step([assemble(short, 32), assemble(long, 32)], next_token_loss)
    whole = together.step([assemble(short + long, 32)], next_token_loss)
    assert split.num_terms == whole.num_terms
    assert split.loss == pytest.approx(whole.loss, rel=1e-6)
    assert split.grad_norm == pytest.approx(whole.grad_norm, rel=1e-5)


def test_a_learner_goes_on_bitwise_from_its_state() -> None:
    whole = learner()
    for seed in range(3):
        whole.step([assemble(rows(seed), 32)], next_token_loss)
    state = copy.deepcopy(whole.state())
    resumed = learner()
    resumed.load(state)
    for seed in range(3, 6):
        for one in (whole, resumed):
            one.step([assemble(rows(seed), 32)], next_token_loss)
    assert resumed.steps_done == 6
    assert digest_of_state(resumed.model.state_dict()) == digest_of_state(whole.model.state_dict())
    fresh = learner()
    fresh.model.load_state_dict(state["model"])
    fresh.step([assemble(rows(3), 32)], next_token_loss)
    assert digest_of_state(fresh.model.state_dict()) != digest_of_state(whole.model.state_dict())


def test_training_learns() -> None:
    ours = learner()
    batch = microbatches(rows(7, 8), 32)
    losses = [ours.step(batch, next_token_loss).loss for _ in range(10)]
    assert losses[-1] < 0.7 * losses[0]


def test_bf16_moves_the_loss_only_in_its_last_digits_and_keeps_fp32_weights() -> None:
    exact = learner()
    half = learner(Optimizer(1e-2, 0.9, 0.95, 1e-8, 0.1, 1.0, "bf16"))
    batch = assemble(rows(3), 32)
    first, second = exact.step([batch], next_token_loss), half.step([batch], next_token_loss)
    assert first.loss != second.loss
    assert first.loss == pytest.approx(second.loss, rel=1e-2)
    assert {parameter.dtype for parameter in half.model.parameters()} == {torch.float32}


def test_a_diverged_loss_stops_before_the_weights_are_touched() -> None:
    ours = learner()
    before = digest_of_state(ours.model.state_dict())

    def diverged(model: Transformer, batch: Rows) -> tuple[torch.Tensor, torch.Tensor]:
        loss, terms = next_token_loss(model, batch)
        return loss * float("inf"), terms

    with pytest.raises(FloatingPointError, match=r"gradient of step 1 is (nan|inf).*lower optimizer\.lr \(now 0\.01\)"):
        ours.step([assemble(rows(1), 32)], diverged)
    assert digest_of_state(ours.model.state_dict()) == before
    assert ours.steps_done == 0
