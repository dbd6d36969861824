"""What a blend will deliver, before a step is trained: tokens, epochs, repetition and lengths by source.

Counted from the order itself, row by row, so it is what training will see; whole epochs are not walked.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from model_factory.blender.log import BlendLog
from model_factory.blender.order import Order
from model_factory.blender.segments import Segment
from model_factory.blender.supply import Stage
from model_factory.blender.tokens import Tokens

# Rows of a permutation that are looked up at once.
_CHUNK = 1 << 20


@dataclass(frozen=True)
class SourcePreview:
    """One source over the whole run.

    `share` is of the delivered rows, `num_rows` and `num_tokens` are what is delivered, `num_available` the
    rows of its last supply and `epochs` how often they have come; `times` maps a number to how many rows come
    that often; `lengths` maps a power of two to the pieces of documents with fewer tokens than that and no
    fewer than half of it, each as often as it comes.
    """

    source: str
    share: float
    num_rows: int
    num_tokens: int
    num_available: int
    epochs: float
    times: dict[int, int]
    lengths: dict[int, int]


def preview(log: BlendLog, tokens: Mapping[str, Tokens], num_steps: int) -> list[SourcePreview]:
    """Every source of the log in the first `num_steps` steps, by name; `tokens` are by snapshot digest.

    Exhausted if the blend allows fewer steps.
    """
    order = Order(log)
    if num_steps:
        order.step(num_steps - 1)
    delivered: dict[str, dict[str, np.ndarray]] = {}
    for segment, end in order.stretches(num_steps):
        for source, counts in _of_segment(segment, end).items():
            by_snapshot = delivered.setdefault(source, {})
            digest = segment.stages[source].supply.snapshot
            by_snapshot[digest] = by_snapshot.get(digest, 0) + counts
    total = sum(int(counts.sum()) for one in delivered.values() for counts in one.values())
    return [_source(order, num_steps, source, delivered[source], tokens, total) for source in sorted(delivered)]


def _of_segment(segment: Segment, end: int) -> dict[str, np.ndarray]:
    drawn = segment.drawn_by(end)
    return {
        source: times_drawn(stage, segment.drawn[source], drawn[source]) for source, stage in segment.stages.items()
    }


def times_drawn(stage: Stage, first: int, last: int) -> np.ndarray:
    """How often each row of the supply is among the stage's draws `first` to `last` − 1."""
    size = stage.supply.num_rows
    counts = np.zeros(size, dtype=np.int64)
    # Draws up to `edge` are of an epoch that `first` is in the middle of, or of the first one.
    left = size - stage.seen
    edge = left if first <= left else left - (left - first) // size * size
    if last > edge:
        epochs = (last - edge) // size
        counts += epochs
        _count(counts, stage, edge + epochs * size, last)
    _count(counts, stage, first, min(edge, last))
    return counts


def _count(counts: np.ndarray, stage: Stage, first: int, last: int) -> None:
    for start in range(first, last, _CHUNK):
        rows = stage.indices(np.arange(start, min(start + _CHUNK, last)))
        counts += np.bincount(rows, minlength=len(counts))


def _source(
    order: Order,
    num_steps: int,
    source: str,
    by_snapshot: dict[str, np.ndarray],
    tokens: Mapping[str, Tokens],
    total: int,
) -> SourcePreview:
    num_tokens, times, lengths = 0, {}, {}
    for digest, counts in by_snapshot.items():
        held = tokens[digest]
        rows = held.sources.get(source, np.empty(0, int))[: len(counts)]
        num_tokens += int((held.lengths[rows] * counts).sum())
        _add(times, *np.unique(counts, return_counts=True))
        pieces, of_row = held.pieces(rows)
        bins = 2 ** np.floor(np.log2(pieces) + 1).astype(np.int64)
        _add(lengths, *_weighted(bins, counts[of_row]))
    num_rows = int(sum(counts.sum() for counts in by_snapshot.values()))
    supply = order.supply(num_steps, source)
    share = num_rows / total if total else 0.0
    epochs = order.epochs(num_steps)[source]
    return SourcePreview(source, share, num_rows, num_tokens, supply.num_rows, epochs, times, lengths)


def _weighted(values: np.ndarray, weights: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    found, places = np.unique(values, return_inverse=True)
    return found, np.bincount(places, weights=weights, minlength=len(found)).astype(np.int64)


def _add(total: dict[int, int], keys: np.ndarray, counts: np.ndarray) -> None:
    for key, count in zip(keys.tolist(), counts.tolist(), strict=True):
        total[key] = total.get(key, 0) + count
