"""What the learner trains on: samples that teach something, equal ones once.

R rows (distinct answers), T time, N answer tokens of all rows.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from model_factory.rl.actor import Sample


@dataclass(frozen=True)
class Row:
    """A distinct answer. Every sample of one group with the same tokens and the same advantage has the same
    loss, so it is computed once and counted `count` times: exact, and most of the work once answers agree."""

    prompt_ids: tuple[int, ...]
    answer_ids: tuple[int, ...]
    sampled_logprobs: tuple[float, ...]
    advantage: float
    count: int

    @property
    def length(self) -> int:
        return len(self.prompt_ids) + len(self.answer_ids)


@dataclass(frozen=True)
class Batch:
    """Rows padded on the right. `answers_RT` marks the positions of `tokens_RT` that are answer tokens, the
    [N] fields follow it row by row."""

    tokens_RT: Tensor
    answers_RT: Tensor
    sampled_logprobs_N: Tensor
    advantages_N: Tensor
    counts_N: Tensor


def distinct(samples: Sequence[Sample], advantages_PG: Tensor) -> list[Row]:
    """The rows of those samples whose advantage is not zero, longest last."""
    counted: dict[tuple[int, tuple[int, ...], float], int] = {}
    first: dict[tuple[int, tuple[int, ...], float], Sample] = {}
    for sample in samples:
        advantage = float(advantages_PG[sample.group, sample.index])
        if advantage:
            key = (sample.group, tuple(sample.completion.token_ids), advantage)
            counted[key] = counted.get(key, 0) + 1
            first.setdefault(key, sample)
    rows = [
        Row(first[key].prompt_ids, key[1], tuple(first[key].completion.logprobs), key[2], count)
        for key, count in counted.items()
    ]
    return sorted(rows, key=lambda row: row.length)


def batches(rows: Sequence[Row], max_tokens: int) -> Iterator[Batch]:
    """The rows in their order, in batches of at most `max_tokens` positions, padding counted."""
    start = 0
    while start < len(rows):
        end = start + 1
        while end < len(rows) and rows[end].length * (end + 1 - start) <= max_tokens:
            end += 1
        yield _padded(rows[start:end])
        start = end


def _padded(rows: Sequence[Row]) -> Batch:
    width = max(row.length for row in rows)
    tokens_RT = torch.zeros(len(rows), width, dtype=torch.long)
    answers_RT = torch.zeros(len(rows), width, dtype=torch.bool)
    for place, row in enumerate(rows):
        tokens_RT[place, : row.length] = torch.tensor(row.prompt_ids + row.answer_ids)
        answers_RT[place, len(row.prompt_ids) : row.length] = True
    lengths = torch.tensor([len(row.answer_ids) for row in rows])
    return Batch(
        tokens_RT,
        answers_RT,
        torch.tensor([logprob for row in rows for logprob in row.sampled_logprobs]),
        torch.tensor([row.advantage for row in rows]).repeat_interleave(lengths),
        torch.tensor([float(row.count) for row in rows]).repeat_interleave(lengths),
    )
