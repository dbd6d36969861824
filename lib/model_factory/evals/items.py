"""Every answer that was scored, as rows of `evals.items`."""

from collections.abc import Sequence

import pyarrow as pa

from model_factory import lake
from model_factory.evals.benchmark import Item
from model_factory.nouns import Lineage, Scorecard, Snapshot

TABLE = "evals.items"
SCHEMA = pa.schema(
    [
        ("doc_id", pa.string()),
        ("benchmark", pa.string()),
        ("checkpoint", pa.string()),
        ("mode", pa.string()),
        ("sample", pa.int64()),
        ("prompt", pa.string()),
        ("completion", pa.string()),
        ("score", pa.float64()),
        ("weight", pa.float64()),
    ]
)


def write_items(items: Sequence[tuple[str, Item]], checkpoint: str, lineage: Lineage) -> Snapshot:
    """Write (benchmark, item) pairs as the items of one checkpoint, named by its digest."""
    rows = [{"benchmark": benchmark, "checkpoint": checkpoint, **vars(item)} for benchmark, item in items]
    return lake.write(TABLE, pa.Table.from_pylist(rows, SCHEMA), lineage)


def read_items(scorecard: Scorecard) -> dict[tuple[str, str], list[Item]]:
    """The items behind a scorecard, by (benchmark, mode)."""
    found: dict[tuple[str, str], list[Item]] = {}
    for row in lake.read(lake.find(scorecard.items)).to_pylist():
        key = (row.pop("benchmark"), row["mode"])
        row.pop("checkpoint")
        found.setdefault(key, []).append(Item(**row))
    return found
