"""Loss on text that is never trained on, in bits per byte: comparable between tokenizers."""

import math
from collections.abc import Sequence

import torch

from model_factory.blender.permutation import permute
from model_factory.model import Transformer
from model_factory.trainer.processes import Processes
from model_factory.trainer.rows import microbatches, next_token_loss
from model_factory.trainer.sequences import Sequences


@torch.no_grad()
def bits_per_byte(model: Transformer, sequences: Sequences, rows: Sequence[int], processes: Processes) -> float:
    """Bits that predict the `rows` of `sequences`, over the bytes of the text behind what is predicted.

    The first token of a document has nothing before it: it is not predicted and its bytes are not
    counted; <|end|> is predicted and stands for no bytes. Every process takes every `size`-th row, in
    fp32, and returns the same.
    """
    mine = list(rows)[processes.rank :: processes.size]
    totals = torch.zeros(2, dtype=torch.float64)
    model.eval()
    for batch in microbatches([sequences.segments(row) for row in mine], sequences.length):
        totals[0] += next_token_loss(model, batch)[0].double()
    model.train()
    totals[1] = float(sequences.num_bytes[mine].sum())
    processes.sum(totals, "the held-out loss")
    nats, num_bytes = totals.tolist()
    return nats / math.log(2) / num_bytes


def sample(sequences: Sequences, num_rows: int, seed: int) -> list[int]:
    """At most `num_rows` rows, the same in every evaluation of a run."""
    count = len(sequences)
    return [permute(index, count, seed, "heldout") for index in range(min(num_rows, count))]
