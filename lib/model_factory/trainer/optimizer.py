"""AdamW with weight decay where it belongs."""

import torch
from torch import nn

from model_factory.cards.training import Optimizer


def make_optimizer(section: Optimizer, model: nn.Module) -> torch.optim.AdamW:
    """AdamW (Loshchilov and Hutter 2019) over `model`; matrices decay, norms do not."""
    matrices = [parameter for parameter in model.parameters() if parameter.ndim >= 2]
    vectors = [parameter for parameter in model.parameters() if parameter.ndim < 2]
    groups = [{"params": matrices, "weight_decay": section.weight_decay}, {"params": vectors, "weight_decay": 0.0}]
    return torch.optim.AdamW(groups, lr=section.lr, betas=(section.beta1, section.beta2), eps=section.eps, fused=True)
