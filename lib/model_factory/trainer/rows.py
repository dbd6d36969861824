"""Rows of tokens as the model takes them.

B rows, T positions.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from model_factory.model import Transformer

IGNORED = -100
# Rows of a forward pass together have about this many positions: more is no faster on a CPU core.
MICROBATCH_TOKENS = 2048


@dataclass(frozen=True)
class Segment:
    """One document or example in a row; the first `num_given` tokens are read, not learnt."""

    tokens: np.ndarray
    num_given: int = 1


@dataclass(frozen=True)
class Rows:
    """`targets_BT` holds the token that follows each position in its own segment, or IGNORED;
    `documents_BT` numbers the segments of a row, −1 where it is padded."""

    tokens_BT: Tensor
    targets_BT: Tensor
    documents_BT: Tensor


def assemble(rows: Sequence[Sequence[Segment]], length: int) -> Rows:
    """Lay segments end to end into rows of `length` positions."""
    tokens = torch.zeros(len(rows), length, dtype=torch.int64)
    targets = torch.full_like(tokens, IGNORED)
    documents = torch.full_like(tokens, -1)
    for row, segments in enumerate(rows):
        start = 0
        for number, segment in enumerate(segments):
            end, learnt = start + len(segment.tokens), start + segment.num_given
            tokens[row, start:end] = torch.from_numpy(segment.tokens)
            targets[row, learnt - 1 : end - 1] = tokens[row, learnt:end]
            documents[row, start:end] = number
            start = end
    return Rows(tokens, targets, documents)


def microbatches(rows: Sequence[Sequence[Segment]], length: int) -> list[Rows]:
    """Rows in runs of about MICROBATCH_TOKENS positions."""
    each = max(1, MICROBATCH_TOKENS // length)
    return [assemble(rows[start : start + each], length) for start in range(0, len(rows), each)]


def next_token_loss(model: Transformer, rows: Rows) -> tuple[Tensor, Tensor]:
    """Sum of the cross-entropy in nats over the targets that count, and how many they are.

    Features of positions without a target are not multiplied out to the vocabulary.
    """
    learnt_BT = rows.targets_BT != IGNORED
    hidden_ND = model.hidden(rows.tokens_BT, rows.documents_BT)[learnt_BT]
    loss = F.cross_entropy(model.logits(hidden_ND).float(), rows.targets_BT[learnt_BT], reduction="sum")
    return loss, learnt_BT.sum()
