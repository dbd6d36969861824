"""How probable a model finds given tokens. B rows of a batch, T tokens of a row, V vocabulary."""

from collections.abc import Iterator, Sequence

import numpy as np
import torch
from numpy.typing import NDArray

from model_factory.evals.statistics import Floats
from model_factory.model import Transformer

# Bounds the memory of the logits: 8192 tokens × 2048 entries × 4 bytes are 64 MiB.
_TOKENS_A_BATCH = 8192
Booleans = NDArray[np.bool_]


def token_logprobs(
    model: Transformer, rows: Sequence[Sequence[int]], document_ids: Sequence[Sequence[int]] | None = None
) -> list[tuple[Floats, Booleans]]:
    """For every row, the natural log-probability of each token given those before it in its document,
    and whether it was the most probable one.

    `document_ids[i][t]` numbers the document that token t of row i belongs to; None means one document
    a row. A document's first token has nothing before it: its entries are NaN and False.
    """
    found: dict[int, tuple[Floats, Booleans]] = {}
    with torch.inference_mode():
        for chosen in _batches(rows):
            ids = None if document_ids is None else [document_ids[i] for i in chosen]
            found |= zip(chosen, _batch(model, [rows[i] for i in chosen], ids), strict=True)
    return [found[i] for i in range(len(rows))]


def _batches(rows: Sequence[Sequence[int]]) -> Iterator[list[int]]:
    """Indices of rows, longest first, so that little of a batch is padding."""
    order = sorted(range(len(rows)), key=lambda i: (-len(rows[i]), i))
    while order:
        size = max(1, _TOKENS_A_BATCH // max(1, len(rows[order[0]])))
        yield order[:size]
        order = order[size:]


def _batch(
    model: Transformer, rows: Sequence[Sequence[int]], document_ids: Sequence[Sequence[int]] | None
) -> Iterator[tuple[Floats, Booleans]]:
    tokens_BT = _padded(rows, 0)
    ids_BT = None if document_ids is None else _padded(document_ids, -1)
    logits_BTV = model(tokens_BT, ids_BT)[:, :-1].float()
    next_BT = tokens_BT[:, 1:]
    logprobs_BT = logits_BTV.gather(-1, next_BT[..., None])[..., 0] - logits_BTV.logsumexp(-1)
    greedy_BT = logits_BTV.argmax(-1) == next_BT
    for index, row in enumerate(rows):
        if not row:
            yield np.empty(0), np.empty(0, dtype=bool)
            continue
        logprobs, greedy = logprobs_BT[index].double().numpy(), greedy_BT[index].numpy()
        logprobs = np.concatenate([[np.nan], logprobs[: len(row) - 1]])
        greedy = np.concatenate([[False], greedy[: len(row) - 1]])
        if document_ids is not None:
            starts = np.diff(np.asarray(document_ids[index]), prepend=-1) != 0
            logprobs, greedy = np.where(starts, np.nan, logprobs), greedy & ~starts
        yield logprobs, greedy


def _padded(rows: Sequence[Sequence[int]], filler: int) -> torch.Tensor:
    """Filled up at the right end, which no earlier position looks at."""
    width = max(2, *(len(row) for row in rows)) if len(rows) > 1 else max(2, len(rows[0]))
    return torch.tensor([[*row, *[filler] * (width - len(row))] for row in rows], dtype=torch.long)
