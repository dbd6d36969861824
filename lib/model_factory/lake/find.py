"""Artifacts from the lake alone: by table and id, by digest, or a table's whole history."""

import re

from pyiceberg.table import Table

from model_factory.lake import properties
from model_factory.lake.catalog import tables
from model_factory.lake.errors import SnapshotGone
from model_factory.lake.handle import open_table
from model_factory.nouns import Snapshot

_ADDRESS = re.compile(r"(?:iceberg://[^/]+/)?(?P<table>[\w.-]+)@(?P<id>\d+)")


def head(table: str) -> Snapshot:
    """What main holds now; SnapshotGone if nothing was ever published to the table."""
    handle = open_table(table)
    current = handle.current_snapshot()
    found = current and properties.decode(handle, table, current)
    if not found:
        raise SnapshotGone(f"nothing has been published to {table} yet; run the card that makes it")
    return found


def snapshot_at(table: str, snapshot_id: int) -> Snapshot:
    """The artifact at one snapshot id, with the lineage it was written with."""
    handle = open_table(table)
    snapshot = handle.snapshot_by_id(snapshot_id)
    found = snapshot and properties.decode(handle, table, snapshot)
    rest = properties.left_of(handle, table, snapshot_id)
    if not found and rest:
        raise SnapshotGone(
            f"documents were erased from {table}@{snapshot_id}; what is left of it is {table}@{rest.snapshot_id}"
        )
    if not found:
        held = ", ".join(str(one.snapshot_id) for one in _written(handle, table)[-5:]) or "none"
        raise SnapshotGone(f"no snapshot {table}@{snapshot_id} written by the factory; the newest are: {held}")
    return found


def left_of(reference: str) -> Snapshot:
    """What `table@id` or `iceberg://catalog/table@id` names, or what erasing documents left of it."""
    address = _ADDRESS.fullmatch(reference)
    if address:
        rest = properties.left_of(open_table(address["table"]), address["table"], int(address["id"]))
        if rest:
            return rest
    return find(reference)


def history(table: str) -> list[Snapshot]:
    """Every snapshot the factory wrote to a table, oldest first: published ones have branch "main",
    waiting candidates their branch, discarded and superseded ones ""."""
    return _written(open_table(table), table)


def beside(table: str, sibling: Snapshot) -> Snapshot | None:
    """The newest snapshot of `table` that the same station wrote in the same run as `sibling`, if any."""
    same = [
        one
        for one in history(table)
        if (one.lineage.run_digest, one.lineage.station) == (sibling.lineage.run_digest, sibling.lineage.station)
    ]
    return same[-1] if same else None


def run_of(snapshot: Snapshot) -> str:
    """The MLflow run in which a snapshot was written, or "" where no attempt was open."""
    return properties.run_of(open_table(snapshot.table), snapshot.snapshot_id)


def find(reference: str) -> Snapshot:
    """The snapshot that `table@id`, `iceberg://catalog/table@id` or a digest names.

    A digest may be shortened to 8 digits; the newest published snapshot with that content is given,
    else the newest of all. SnapshotGone if there is none.
    """
    address = _ADDRESS.fullmatch(reference)
    if address:
        return snapshot_at(address["table"], int(address["id"]))
    if not re.fullmatch(r"[0-9a-f]{8,64}", reference):
        raise ValueError(f"{reference!r} names no snapshot; write table@id, or 8 to 64 hex digits of its digest")
    found = [one for table in tables() for one in history(table) if one.digest.startswith(reference)]
    if not found:
        raise SnapshotGone(f"no snapshot with digest {reference} in any of: {', '.join(tables()) or 'no tables'}")
    return next((one for one in reversed(found) if one.branch == "main"), found[-1])


def _written(handle: Table, table: str) -> list[Snapshot]:
    oldest_first = sorted(handle.snapshots(), key=lambda one: one.sequence_number or 0)
    decoded = [properties.decode(handle, table, one) for one in oldest_first]
    return [one for one in decoded if one]
