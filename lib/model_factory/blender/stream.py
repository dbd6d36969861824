"""Batches for one process of a run, in the order of the blend's log, read ahead."""

import os
from collections import deque
from collections.abc import Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as FutureTimeout
from dataclasses import dataclass

import numpy as np

from model_factory.blender.cache import Cache, WaitedTooLong
from model_factory.blender.log import BlendLog, Supply
from model_factory.blender.order import Draw, Order
from model_factory.blender.tokens import Tokens
from model_factory.nouns import Snapshot

TIMEOUT_S = 300.0
# Batches that each worker has ready or under way.
_AHEAD = 2


@dataclass(frozen=True)
class Row:
    """One sequence: its tokens, where its pieces begin, and how many tokens of each are only read."""

    sequence_id: str
    source: str
    tokens: np.ndarray
    boundaries: np.ndarray
    given: np.ndarray


@dataclass(frozen=True)
class Batch:
    """A process's rows of one step. `tokens` holds row i between `offsets[i]` and `offsets[i + 1]`, in the
    snapshot's own width (uint16 or uint32)."""

    step: int
    draw: Draw
    tokens: np.ndarray
    offsets: np.ndarray
    places: list[tuple[Tokens, int]]

    def __len__(self) -> int:
        return len(self.places)

    def matrix(self) -> np.ndarray:
        """Rows × tokens, where all rows are equally long; ValueError where they are not."""
        return self.tokens.reshape(len(self), -1)

    def row(self, index: int) -> Row:
        held, place = self.places[index]
        tokens = self.tokens[self.offsets[index] : self.offsets[index + 1]]
        source = self.draw.sources[self.draw.codes_B[index]]
        return Row(held.ids[place], source, tokens, held.boundaries(place), held.given(place))


class Stream:
    """Rank `rank` of `world_size` processes, each of which asks for its own part of every step.

    `tokens` holds the rows of every supply of the log, by the digest of their snapshot. `workers` threads
    read ahead (0: none, each batch is read when it is asked for); whether and how many changes nothing but
    speed. Threads do: reading is copying from mapped memory and waiting for pages, both outside the
    interpreter's lock, and nothing has to be sent between processes.
    """

    def __init__(
        self,
        log: BlendLog,
        tokens: Mapping[str, Tokens],
        rank: int = 0,
        world_size: int = 1,
        workers: int = 0,
        timeout_s: float = TIMEOUT_S,
    ) -> None:
        self.rank, self.world_size, self.workers, self.timeout_s = rank, world_size, workers, timeout_s
        self._tokens = dict(tokens)
        self._pool = ThreadPoolExecutor(workers, thread_name_prefix="stream") if workers else None
        self.amend(log)

    def amend(self, log: BlendLog, tokens: Mapping[str, Tokens] | None = None) -> None:
        """Go on by an amended log, with the tokens of supplies that are new; what was read ahead by the old
        one is dropped. Every process must do so before the step that the amendment names."""
        self._tokens = self._tokens | dict(tokens or {})
        for entry in log.entries:
            _check(entry.supplies, self._tokens)
        self.order = Order(log)

    def batch(self, step: int) -> Batch:
        """This process's rows of one step."""
        return self._read(self.order, step)

    def num_tokens(self, step: int) -> int:
        """Tokens of the step's rows in all processes."""
        draw = self.order.step(step)
        rows = zip(draw.codes_B, draw.indices_B, strict=True)
        held = [self._tokens[supply.snapshot] for supply in draw.supplies]
        return sum(int(held[code].lengths[held[code].sources[draw.sources[code]][index]]) for code, index in rows)

    def batches(self, first_step: int, last_step: int) -> Iterator[Batch]:
        """The batches of steps `first_step` to `last_step` − 1, in order. WaitedTooLong when one does not come."""
        if self._pool is None:
            for step in range(first_step, last_step):
                yield self._read(self.order, step)
            return
        ahead: deque[tuple[int, Order, Future[Batch]]] = deque()
        upcoming = first_step
        for step in range(first_step, last_step):
            if ahead and ahead[0][1] is not self.order:
                ahead.clear()
                upcoming = step
            while upcoming < min(last_step, step + 1 + _AHEAD * self.workers):
                ahead.append((upcoming, self.order, self._pool.submit(self._read, self.order, upcoming)))
                upcoming += 1
            yield self._awaited(step, ahead.popleft()[2])

    def close(self) -> None:
        if self._pool:
            self._pool.shutdown(wait=False, cancel_futures=True)

    def _awaited(self, step: int, future: "Future[Batch]") -> Batch:
        try:
            return future.result(self.timeout_s)
        except FutureTimeout:
            # The reader's own error may be a timeout too, and says more.
            if future.done():
                raise
            raise WaitedTooLong(
                f"rank {self.rank} of {self.world_size} (process {os.getpid()}) waited {self.timeout_s:.0f} s for the "
                f"rows of step {step} from its {self.workers} reading threads; see whether the disk or storage of the "
                "token files answers, or allow it more time"
            ) from None

    def _read(self, order: Order, step: int) -> Batch:
        draw = order.share(step, self.rank, self.world_size)
        held = [self._tokens[supply.snapshot] for supply in draw.supplies]
        rows = np.empty(len(draw), dtype=np.int64)
        for code, source in enumerate(draw.sources):
            mine = draw.codes_B == code
            if mine.any():
                rows[mine] = held[code].sources[source][draw.indices_B[mine]]
        places = [(held[code], int(row)) for code, row in zip(draw.codes_B, rows, strict=True)]
        tokens, lengths = _gathered(draw, held, rows)
        return Batch(step, draw, tokens, np.concatenate([[0], np.cumsum(lengths)]), places)


def open_tokens(cache: Cache, snapshots: Mapping[str, Snapshot], split: str) -> dict[str, Tokens]:
    """Digest → tokens of the snapshots that the sources (the keys) come from."""
    return {snapshot.digest: cache.open(snapshot, split) for snapshot in snapshots.values()}


def supplies(tokens: Tokens) -> dict[str, Supply]:
    """Every source of a snapshot as a log's supply."""
    return {source: Supply(tokens.digest, count) for source, count in tokens.counts().items()}


def continued(before: Tokens, after: Tokens, source: str) -> Supply:
    """A source's supply in a newer snapshot: continuing where its rows begin with all rows it had before."""
    old, new = before.sources.get(source, np.empty(0, int)), after.sources[source]
    same = len(old) <= len(new) and np.array_equal(before.lengths[old], after.lengths[new[: len(old)]])
    same = same and _equal(before, old, after, new[: len(old)])
    return Supply(after.digest, len(new), continues=bool(same and len(old)))


def _equal(before: Tokens, old: np.ndarray, after: Tokens, new: np.ndarray, chunk: int = 4096) -> bool:
    return all(
        np.array_equal(before.read(old[start : start + chunk]), after.read(new[start : start + chunk]))
        for start in range(0, len(old), chunk)
    )


def _check(supplies: Mapping[str, Supply], tokens: Mapping[str, Tokens]) -> None:
    for source, supply in supplies.items():
        if not supply.num_rows:
            continue
        if supply.snapshot not in tokens:
            raise KeyError(
                f"blend: {source} is to come from snapshot {supply.snapshot[:12]}, whose tokens are not open"
            )
        found = tokens[supply.snapshot].counts().get(source, 0)
        if found != supply.num_rows:
            raise ValueError(
                f"blend: the log gives {source} {supply.num_rows} rows of snapshot {supply.snapshot[:12]}, which has "
                f"{found}; the log was written for another split or table"
            )


def _gathered(draw: Draw, held: list[Tokens], rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Tokens and lengths of the rows, in order, from one file at once or from several row by row."""
    first = held[0]
    if all(one is first for one in held):
        return first.read(rows), first.lengths[rows]
    runs = [held[code].read(rows[at : at + 1]) for at, code in enumerate(draw.codes_B)]
    return np.concatenate(runs), np.array([len(run) for run in runs])
