"""Rotary position embeddings (Su et al. 2021, arXiv 2104.09864), in Hugging Face's layout.

T time, C features of a head. A head's features i and i + C/2 turn together ("rotate half"), where the
paper pairs 2i and 2i + 1: weights exchange with `transformers` without reordering.
"""

import torch
from torch import Tensor

Rotation = tuple[Tensor, Tensor]


def rotation(positions: Tensor, head_size: int, theta: float) -> Rotation:
    """Cosines and sines, each positions' shape × `head_size`/2, fp32, of `positions` (tokens from 0)."""
    exponents = torch.arange(0, head_size, 2, dtype=torch.int64, device=positions.device).float() / head_size
    angles = positions[..., None].float() * (1.0 / theta**exponents)
    return angles.cos(), angles.sin()


def rotate(x: Tensor, by: Rotation) -> Tensor:
    """Turn `x` (…, T, C) by angles that broadcast against its (…, T, C/2) halves."""
    cos, sin = (part.to(x.dtype) for part in by)
    first, second = x.chunk(2, dim=-1)
    return torch.cat((first * cos - second * sin, second * cos + first * sin), dim=-1)
