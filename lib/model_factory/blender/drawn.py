"""Which steps drew which rows, from a run's log alone."""

from collections.abc import Iterator, Mapping, Set

from model_factory import lake
from model_factory.blender.log import BlendLog
from model_factory.blender.order import Order
from model_factory.nouns import Snapshot

# Content digest of a snapshot → source → the ids of its training rows, in the order that draws number them.
Ids = Mapping[str, Mapping[str, list[str]]]


def training_ids(sequences: Snapshot) -> dict[str, list[str]]:
    """Source → ids of the training rows of a snapshot of `tokens.sequences`, in order."""
    rows = lake.read(sequences, ["sequence_id", "source"], "split = 'train'").sort_by("sequence_id")
    found: dict[str, list[str]] = {}
    for name, source in zip(rows["sequence_id"].to_pylist(), rows["source"].to_pylist(), strict=True):
        found.setdefault(source, []).append(name)
    return found


def draws(log: BlendLog, num_steps: int, ids: Ids, wanted: Set[tuple[str, str]]) -> Iterator[tuple[int, str, str]]:
    """(step, digest, sequence id) of every time that one of the `wanted` (digest, sequence id) was drawn in the
    first `num_steps` steps."""
    order = Order(log)
    for step in range(num_steps if wanted else 0):
        draw = order.step(step)
        for code, index in zip(draw.codes_B, draw.indices_B, strict=True):
            digest = draw.supplies[code].snapshot
            name = ids[digest][draw.sources[code]][index]
            if (digest, name) in wanted:
                yield step, digest, name
