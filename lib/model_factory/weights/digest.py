"""The digest of weights: by name, shape, type and bytes, not by file."""

import hashlib
from collections.abc import Mapping

import torch
from torch import Tensor


def digest_of_state(state: Mapping[str, Tensor]) -> str:
    """sha256 (64 hex digits) over the tensors of a state dict, sorted by name.

    One flipped bit, another shape or another type gives another digest; the order of the dict, the
    strides and the device do not.
    """
    total = hashlib.sha256()
    for name in sorted(state):
        tensor = state[name].detach().cpu().contiguous()
        total.update(f"{name}\0{tensor.dtype}\0{tuple(tensor.shape)}\0".encode())
        total.update(tensor.reshape(-1).view(torch.uint8).numpy().tobytes())
    return total.hexdigest()
