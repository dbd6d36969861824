"""What a snapshot's own properties tell: the lineage of its rows, their number and digest.

They stand in the table's metadata, so an artifact can be rebuilt from the table alone.
"""

import json
import os
from collections.abc import Sequence

from pyiceberg.table import Table
from pyiceberg.table.snapshots import Snapshot as IcebergSnapshot
from pyiceberg.table.snapshots import ancestors_of

from model_factory.lake.catalog import NAME
from model_factory.nouns import Lineage, Parent, Snapshot, canonical_json

_PREFIX = "model-factory."


def encode(
    lineage: Lineage, num_rows: int, digest: str, rewritten: int | None = None, erased: Sequence[int] = ()
) -> dict[str, str]:
    """Snapshot properties for rows with this lineage; the log book's run is named where one is open.

    `rewritten` is the snapshot whose rows these are, written again because main had moved; `erased` are the
    snapshots, oldest first, whose rows these are but for those of documents that were erased.
    """
    values = {
        "run-digest": lineage.run_digest,
        "station": lineage.station,
        "code": lineage.code,
        "commit": lineage.commit,
        "image": lineage.image,
        "parents": canonical_json(lineage.parents),
        "num-rows": str(num_rows),
        "digest": digest,
        "schema": str(Snapshot.schema),
        "mlflow-run": os.environ.get("MODEL_FACTORY_RUN", ""),
        "rewritten": str(rewritten or ""),
        "erased": " ".join(map(str, erased)),
    }
    return {_PREFIX + key: value for key, value in values.items()}


def decode(table: Table, name: str, snapshot: IcebergSnapshot) -> Snapshot | None:
    """The artifact that a snapshot of table `name` is, or None for one that the factory did not write."""
    found = _of(snapshot)
    if "digest" not in found:
        return None
    parents = [Parent(**parent) for parent in json.loads(found["parents"])]
    lineage = Lineage(found["run-digest"], found["station"], found["code"], found["commit"], found["image"], parents)
    branch = _branch(table, snapshot.snapshot_id)
    num_rows, schema = int(found["num-rows"]), int(found["schema"])
    return Snapshot(NAME, name, snapshot.snapshot_id, num_rows, found["digest"], lineage, branch, schema)


def run_of(table: Table, snapshot_id: int) -> str:
    """The MLflow run in which a snapshot was written, or "" where none was open."""
    snapshot = table.snapshot_by_id(snapshot_id)
    return _of(snapshot).get("mlflow-run", "") if snapshot else ""


def replaces(table: Table, snapshot_id: int) -> list[int]:
    """The snapshots that a snapshot stands in the place of since documents were erased, oldest first."""
    snapshot = table.snapshot_by_id(snapshot_id)
    return [int(one) for one in _of(snapshot).get("erased", "").split()] if snapshot else []


def left_of(table: Table, name: str, snapshot_id: int) -> Snapshot | None:
    """What erasing documents left of a snapshot of table `name`; None if nothing was erased from it."""
    for snapshot in table.snapshots():
        if snapshot_id in replaces(table, snapshot.snapshot_id):
            return decode(table, name, snapshot)
    return None


def published(table: Table, name: str, snapshot_id: int) -> Snapshot | None:
    """The snapshot on main that has a candidate's rows: itself, or where they were written again."""
    for snapshot in ancestors_of(table.current_snapshot(), table.metadata):
        if snapshot.snapshot_id == snapshot_id or _of(snapshot).get("rewritten") == str(snapshot_id):
            return decode(table, name, snapshot)
    return None


def descends_from_main(table: Table, snapshot_id: int) -> bool:
    """Whether main's head is an ancestor of the snapshot, so that main can move to it and lose nothing."""
    current = table.current_snapshot()
    ancestors = ancestors_of(table.snapshot_by_id(snapshot_id), table.metadata)
    return current is None or any(one.snapshot_id == current.snapshot_id for one in ancestors)


def _branch(table: Table, snapshot_id: int) -> str:
    on_main = any(one.snapshot_id == snapshot_id for one in ancestors_of(table.current_snapshot(), table.metadata))
    waiting = (name for name, ref in table.refs().items() if ref.snapshot_id == snapshot_id)
    return "main" if on_main else next(waiting, "")


def _of(snapshot: IcebergSnapshot) -> dict[str, str]:
    summary = snapshot.summary.additional_properties if snapshot.summary else {}
    return {key.removeprefix(_PREFIX): value for key, value in summary.items() if key.startswith(_PREFIX)}
