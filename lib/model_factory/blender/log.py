"""The blend of a run and its amendments: an append-only log of (step, weights, snapshots)."""

import dataclasses
import json
from collections.abc import Mapping
from dataclasses import dataclass, field

from model_factory.cards.errors import CardError

INTERLEAVES = ("even", "nested")


@dataclass(frozen=True)
class Supply:
    """The rows of one source: `num_rows` sequences of the snapshot with this content digest.

    `continues` says that they begin with all rows of the supply before, in the same order: then what was
    drawn counts as drawn. Otherwise the rows are new ones to the order, and come from the first on.
    """

    snapshot: str
    num_rows: int
    continues: bool = False


@dataclass(frozen=True)
class Entry:
    """What holds from `step` (from 0) on: rows a step, each source's weight (any scale; 0 is none) and
    supply, and how often at most its rows come (`max_epochs`; a source without an entry has no limit).
    """

    step: int
    batch_size: int
    weights: dict[str, float]
    supplies: dict[str, Supply]
    max_epochs: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class BlendLog:
    """Everything that the order of a run's rows depends on.

    `interleave` is "even" (see `even.py`: within one row of the weights in every batch) or "nested"
    (see `nested.py`: the order of `batch`, without limits).
    """

    seed: int
    interleave: str
    entries: tuple[Entry, ...]

    def __post_init__(self) -> None:
        if self.interleave not in INTERLEAVES:
            raise CardError(f"blend.interleave: {self.interleave!r} is unknown; use {' or '.join(INTERLEAVES)}")
        if not self.entries or self.entries[0].step != 0:
            raise CardError("blend: a log opens with an entry for step 0, the card's own blend; add it")
        for number, entry in enumerate(self.entries):
            _check(self, entry)
            if number:
                _follows(self.entries[number - 1], entry)


def constant(
    seed: int, interleave: str, weights: Mapping[str, float], batch_size: int, supplies: Mapping[str, Supply]
) -> BlendLog:
    """The log of a run whose blend nobody has amended."""
    return BlendLog(seed, interleave, (Entry(0, batch_size, dict(weights), dict(supplies)),))


def amended(log: BlendLog, entry: Entry) -> BlendLog:
    """The log with one more entry; CardError unless it comes after the last one and fits it."""
    return dataclasses.replace(log, entries=(*log.entries, entry))


def encode(log: BlendLog) -> str:
    """A line of JSON for the header, then one an entry; floats keep every bit."""
    return "".join(f"{line}\n" for line in (encode_header(log), *map(encode_entry, log.entries)))


def encode_header(log: BlendLog) -> str:
    """The first line of a log's file."""
    return json.dumps({"seed": log.seed, "interleave": log.interleave}, sort_keys=True)


def encode_entry(entry: Entry) -> str:
    """An entry as one line of JSON; floats keep every bit."""
    return json.dumps(dataclasses.asdict(entry), sort_keys=True)


def decode(lines: list[str]) -> BlendLog:
    """The log that `encode_header` and `encode_entry` wrote."""
    header, *rest = [json.loads(line) for line in lines]
    entries = []
    for one in rest:
        supplies = {source: Supply(**supply) for source, supply in one.pop("supplies").items()}
        entries.append(Entry(supplies=supplies, **one))
    return BlendLog(header["seed"], header["interleave"], tuple(entries))


def _check(log: BlendLog, entry: Entry) -> None:
    where = f"blend at step {entry.step}"
    if entry.batch_size < 1:
        raise CardError(f"{where}: batch_size {entry.batch_size} draws nothing; use 1 or more")
    if log.interleave == "nested" and entry.max_epochs:
        raise CardError(f"{where}: max_epochs needs interleave: even; with nested, rows come without limit")
    for source, weight in entry.weights.items():
        if not 0 <= weight < float("inf"):
            raise CardError(f"{where}.{source}: {weight} is no share; use a finite number, 0 or more")
        if weight and (source not in entry.supplies or entry.supplies[source].num_rows < 1):
            held = ", ".join(sorted(name for name, supply in entry.supplies.items() if supply.num_rows)) or "none"
            raise CardError(
                f"{where}: blend.{source}: {weight} of the rows are to come from {source!r}, which has none; sources "
                f"with rows: {held}. Set its share to 0 or let the stations before keep some of it"
            )
    if not any(entry.weights.values()):
        raise CardError(f"{where}: {entry.weights} gives no source a positive share; give at least one")
    for source, most in entry.max_epochs.items():
        if most <= 0:
            raise CardError(f"{where}: max_epochs.{source}: {most} draws nothing; set the source's weight to 0 instead")


def _follows(before: Entry, entry: Entry) -> None:
    if entry.step <= before.step:
        raise CardError(
            f"blend at step {entry.step}: the log already says what holds from step {before.step} on and is only "
            f"appended to; amend from step {before.step + 1} or later"
        )
    for source, supply in entry.supplies.items():
        old = before.supplies.get(source)
        if supply.continues and old and supply.num_rows < old.num_rows:
            raise CardError(
                f"blend at step {entry.step}: {source} is said to continue {old.num_rows} rows and has only "
                f"{supply.num_rows}; rows were taken away, so set continues: false"
            )
