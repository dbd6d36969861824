"""How probable a model finds given tokens. B rows of a batch, T tokens of a row, V vocabulary."""

from collections.abc import Iterator, Sequence

import numpy as np
import torch
from numpy.typing import NDArray

from model_factory.evals.benchmark import Subject
from model_factory.evals.parallel import side_by_side
from model_factory.evals.statistics import Floats
from model_factory.model import Transformer

# Bounds the memory of the logits: 8192 tokens × 2048 entries × 4 bytes are 64 MiB.
_TOKENS_A_BATCH = 8192
Booleans = NDArray[np.bool_]


def token_logprobs(
    subject: Subject, rows: Sequence[Sequence[int]], document_ids: Sequence[Sequence[int]] | None = None
) -> list[tuple[Floats, Booleans]]:
    """For every row, the natural log-probability of each token given those before it in its document,
    and whether it was the most probable one.

    `document_ids[i][t]` numbers the document that token t of row i belongs to; None means one document
    a row. A document's first token has nothing before it: its entries are NaN and False.
    """
    model = subject.model
    batches = list(_batches(rows))

    def score(chosen: list[int]) -> list[tuple[Floats, Booleans]]:
        ids = None if document_ids is None else [document_ids[i] for i in chosen]
        return _batch(model, [rows[i] for i in chosen], ids)

    found: dict[int, tuple[Floats, Booleans]] = {}
    for chosen, scored in zip(batches, side_by_side(score, batches, subject.checkpoint.mesh), strict=True):
        found |= zip(chosen, scored, strict=True)
    return [found[i] for i in range(len(rows))]


def _batches(rows: Sequence[Sequence[int]]) -> Iterator[list[int]]:
    """Indices of rows, longest first, so that little of a batch is padding."""
    order = sorted(range(len(rows)), key=lambda i: (-len(rows[i]), i))
    while order:
        size = max(1, _TOKENS_A_BATCH // max(1, len(rows[order[0]])))
        yield order[:size]
        order = order[size:]


@torch.inference_mode()
def _batch(
    model: Transformer, rows: Sequence[Sequence[int]], document_ids: Sequence[Sequence[int]] | None
) -> list[tuple[Floats, Booleans]]:
    tokens_BT = _padded(rows, 0)
    ids_BT = None if document_ids is None else _padded(document_ids, -1)
    logits_BTV = model(tokens_BT, ids_BT)[:, :-1].float()
    next_BT = tokens_BT[:, 1:]
    logprobs_BT = logits_BTV.gather(-1, next_BT[..., None])[..., 0] - logits_BTV.logsumexp(-1)
    greedy_BT = logits_BTV.argmax(-1) == next_BT
    found = []
    for index, row in enumerate(rows):
        logprobs = np.full(len(row), np.nan)
        greedy = np.zeros(len(row), dtype=bool)
        scored = slice(max(0, len(row) - 1))
        logprobs[1:], greedy[1:] = logprobs_BT[index, scored].double(), greedy_BT[index, scored]
        if document_ids is not None:
            starts = np.diff(np.asarray(document_ids[index]), prepend=-1) != 0
            logprobs[starts], greedy[starts] = np.nan, False
        found.append((logprobs, greedy))
    return found


def _padded(rows: Sequence[Sequence[int]], filler: int) -> torch.Tensor:
    """Filled up at the right end, which no earlier position looks at."""
    width = max(2, max(len(row) for row in rows))
    return torch.tensor([[*row, *[filler] * (width - len(row))] for row in rows], dtype=torch.long)
