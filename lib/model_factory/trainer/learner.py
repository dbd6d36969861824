"""One exact optimiser step over the processes of a mesh, whatever the loss."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, TypeVar

import torch
from torch import Tensor

from model_factory.cards.training import Optimizer, Schedule
from model_factory.model import Transformer
from model_factory.trainer.optimizer import make_optimizer
from model_factory.trainer.processes import Processes
from model_factory.trainer.schedule import lr_factor

Microbatch = TypeVar("Microbatch")
Loss = Callable[[Transformer, Microbatch], tuple[Tensor, Tensor | float]]


@dataclass(frozen=True)
class Step:
    """What a step did: the mean loss over its `num_terms` terms in all processes, the gradient's L2 norm
    before clipping, and the learning rate."""

    loss: float
    num_terms: float
    grad_norm: float
    lr: float


class Learner:
    """A model, its optimiser, and the number of steps they have taken.

    Every process holds the same weights and ends each step with the same weights. No random generator
    runs through a step: what is random is derived from (seed, step), so there is no generator to save.
    """

    def __init__(
        self, model: Transformer, optimizer: Optimizer, schedule: Schedule, num_steps: int, processes: Processes
    ) -> None:
        self.model = model.train()
        self.processes = processes
        self.section, self.schedule, self.num_steps = optimizer, schedule, num_steps
        self.optimizer = make_optimizer(optimizer, model)
        self.steps_done = 0

    def step(self, microbatches: Iterable[Microbatch], loss: Loss[Microbatch]) -> Step:
        """Take one step on this process's `microbatches`; every process must call it, even with none.

        `loss(model, microbatch)` gives the *sum* of the loss over its terms and their number (tokens,
        say). The gradient is that of the sum over all microbatches of all processes divided by their
        number of terms over all processes, so that it does not depend on how rows were shared out:
        two processes give bitwise what one gives with the same two microbatches. FloatingPointError
        if the gradient is not finite; nothing is changed then.
        """
        totals = torch.zeros(2, dtype=torch.float64)
        for microbatch in microbatches:
            with torch.autocast("cpu", torch.bfloat16, enabled=self.section.precision == "bf16"):
                value, num_terms = loss(self.model, microbatch)
            value.backward()
            totals += torch.tensor([float(value.detach()), float(num_terms)], dtype=torch.float64)
        self.processes.sum(totals, f"the loss of step {self.steps_done + 1}")
        total, num_terms = totals.tolist()
        self._sum_gradients(max(num_terms, 1.0))
        norm = float(torch.nn.utils.clip_grad_norm_(self.model.parameters(), self.section.max_grad_norm))
        lr = self._apply(norm)
        return Step(total / max(num_terms, 1.0), num_terms, norm, lr)

    def _sum_gradients(self, denominator: float) -> None:
        """Gradients become views of one buffer, summed over the processes in a single exchange."""
        parameters = list(self.model.parameters())
        flat = torch.cat([_gradient(parameter).flatten() for parameter in parameters])
        self.processes.sum(flat, f"the gradients of step {self.steps_done + 1}")
        flat /= denominator
        for parameter, gradient in zip(parameters, flat.split([p.numel() for p in parameters]), strict=True):
            parameter.grad = gradient.view_as(parameter)

    def _apply(self, norm: float) -> float:
        if not torch.isfinite(torch.tensor(norm)):
            self.optimizer.zero_grad()
            raise FloatingPointError(
                f"the gradient of step {self.steps_done + 1} is {norm}: the loss diverged; "
                f"lower optimizer.lr (now {self.section.lr}) or lengthen schedule.warmup_steps"
            )
        lr = self.section.lr * lr_factor(self.schedule, self.steps_done, self.num_steps)
        for group in self.optimizer.param_groups:
            group["lr"] = lr
        self.optimizer.step()
        self.optimizer.zero_grad()
        self.steps_done += 1
        return lr

    def state(self) -> dict[str, Any]:
        """Everything a step depends on, for `weights.save`."""
        return {
            "model": self.model.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "learner": {"steps_done": self.steps_done},
        }

    def load(self, state: dict[str, Any]) -> None:
        """Go on where `state()` was taken."""
        self.model.load_state_dict(state["model"])
        self.optimizer.load_state_dict(state["optimizer"])
        self.steps_done = state["learner"]["steps_done"]


def _gradient(parameter: torch.nn.Parameter) -> Tensor:
    return torch.zeros_like(parameter) if parameter.grad is None else parameter.grad
