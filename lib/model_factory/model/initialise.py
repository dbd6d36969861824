"""Deterministic initial weights."""

import math

import torch
from torch import nn

from model_factory.model.transformer import Transformer

STANDARD_DEVIATION = 0.02


@torch.no_grad()
def initialise(model: Transformer, seed: int) -> Transformer:
    """Fill `model` from `seed` alone, whatever torch's global generator holds; returns the model.

    Norms are 1, everything else is normal with deviation 0.02, divided by √(2·layers) for the two
    projections that write to the residual stream (Radford et al. 2019, GPT-2, section 2.3).
    """
    generator = torch.Generator().manual_seed(seed)
    residual = STANDARD_DEVIATION / math.sqrt(2 * model.architecture.num_layers)
    for name, parameter in model.named_parameters():
        if parameter.ndim == 1:
            nn.init.ones_(parameter)
        else:
            writes = name.endswith(("attention.output.weight", "feed_forward.down.weight"))
            nn.init.normal_(parameter, std=residual if writes else STANDARD_DEVIATION, generator=generator)
    return model
