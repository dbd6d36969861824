"""Rewrite a table so that documents were never in it, as far as anybody can read.

Iceberg keeps what was: deleting rows writes a newer snapshot, and pyiceberg's expiry forgets snapshots but leaves
their files where they are. So every snapshot that delivers rows of the documents is written again without them, in
the place of the old one; the old ones and all that name their files are expired; files that nothing refers to any
more are removed, those that a killed writer left behind included.
"""

from collections.abc import Callable, Collection

import pyarrow as pa
from pyiceberg.table import Table
from pyiceberg.table.refs import SnapshotRefType

from model_factory.lake import properties
from model_factory.lake.content import digest as digest_of_rows
from model_factory.lake.disk import require_free_disk
from model_factory.lake.handle import open_table, retried
from model_factory.lake.holders import Holders, holders
from model_factory.lake.read import read
from model_factory.lake.schema import normal
from model_factory.lake.unreferenced import remove_unreferenced
from model_factory.nouns import Snapshot

# (a snapshot, its rows) → the rows that stay
Rewrite = Callable[[Snapshot, pa.Table], pa.Table]


def erase(table: str, doc_ids: Collection[str], rewrite: Rewrite) -> None:
    """Rewrite every snapshot of `table` that speaks of the documents; others keep their ids and their files.

    A rewritten snapshot keeps its lineage and its place (main, a branch, in between) and says which one it
    replaces, see `find.left_of`. Stopped at any point and called again it goes on. ValueError for a table with
    snapshots that the factory did not write whole; they are `blank`'s.
    """
    handle = open_table(table)
    held = holders(handle, doc_ids)
    if held.naming:
        replaced = _rewritten(handle, table, held, rewrite)
        retried(lambda: _move(handle.refresh(), held, replaced), f"moving the branches of {table}")
        retried(lambda: _expire(handle.refresh(), held), f"expiring snapshots of {table}")
    _remove_drafts(handle)
    remove_unreferenced(handle.refresh())


def is_whole(handle: Table, held: Holders) -> bool:
    """Whether every snapshot that delivers rows was written by the factory as a whole, not appended to."""
    snapshots = (handle.snapshot_by_id(snapshot_id) for snapshot_id in held.reading)
    return all(one and properties.decode(handle, "", one) for one in snapshots)


def _rewritten(handle: Table, table: str, held: Holders, rewrite: Rewrite) -> dict[int, int]:
    """Old snapshot → the one that has its rows but for the documents', oldest first."""
    replaced: dict[int, int] = {}
    oldest_first = sorted(handle.snapshots(), key=lambda one: one.sequence_number or 0)
    for snapshot_id in (one.snapshot_id for one in oldest_first if one.snapshot_id in held.reading):
        old = handle.snapshot_by_id(snapshot_id)
        found = old and properties.decode(handle, table, old)
        if not found:
            raise ValueError(f"{table}@{snapshot_id} was not written whole by the factory; blank its rows instead")
        done = properties.left_of(handle, table, snapshot_id)
        replaced[snapshot_id] = done.snapshot_id if done else _write(handle, found, held, replaced, rewrite)
    return replaced


def _write(handle: Table, old: Snapshot, held: Holders, replaced: dict[int, int], rewrite: Rewrite) -> int:
    rows = _of_today(handle, rewrite(old, read(old)))
    require_free_disk(rows.nbytes, f"writing {rows.num_rows} rows of {old.table} again")
    before = properties.replaces(handle, old.snapshot_id)
    values = properties.encode(old.lineage, rows.num_rows, digest_of_rows(rows), erased=[*before, old.snapshot_id])
    draft = _draft(old.snapshot_id)

    def write() -> int:
        handle.refresh()
        if draft in handle.refs():
            handle.manage_snapshots().remove_branch(draft).commit()
        handle.manage_snapshots().create_branch(_base(handle, old.snapshot_id, held, replaced), draft).commit()
        transaction = handle.transaction()
        base = handle.snapshot_by_name(draft)
        if base and base.summary and base.summary["total-data-files"] not in (None, "0"):
            transaction.delete("true", branch=draft)
        transaction.append(rows, snapshot_properties=values, branch=draft)
        transaction.commit_transaction()
        written = handle.snapshot_by_name(draft)
        assert written is not None
        return written.snapshot_id

    return retried(write, f"writing {old.table}@{old.snapshot_id} again")


def _of_today(handle: Table, rows: pa.Table) -> pa.Table:
    """The rows with the columns that the table has by now: those that it gained later hold nothing."""
    for field in normal(handle.schema().as_arrow()):
        if field.name not in rows.column_names:
            rows = rows.append_column(field, pa.nulls(rows.num_rows, field.type))
    wanted = normal(handle.schema().as_arrow())
    return rows.select(wanted.names).cast(wanted)


def _base(handle: Table, snapshot_id: int, held: Holders, replaced: dict[int, int]) -> int:
    """Where the new snapshot starts from: what the old one stood on, or what replaced that.

    Without any (all that came before is gone) the old one itself, whose rows the write deletes first.
    """
    at = handle.snapshot_by_id(snapshot_id)
    while at and at.parent_snapshot_id is not None:
        at = handle.snapshot_by_id(at.parent_snapshot_id)
        if at and at.snapshot_id in replaced:
            return replaced[at.snapshot_id]
        if at and at.snapshot_id not in held.naming:
            return at.snapshot_id
    return snapshot_id


def _move(handle: Table, held: Holders, replaced: dict[int, int]) -> None:
    """Every branch and tag that stands on an old snapshot, in one commit; the drafts go with it."""
    changes = handle.manage_snapshots()
    drafts = [name for name in handle.refs() if name.startswith(_DRAFT)]
    for name, ref in handle.refs().items():
        if name in drafts or ref.snapshot_id not in held.naming:
            continue
        target = replaced.get(ref.snapshot_id) or _base(handle, ref.snapshot_id, held, replaced)
        create = changes.create_tag if ref.snapshot_ref_type == SnapshotRefType.TAG else changes.create_branch
        changes = create(target, name)
    for name in drafts:
        changes = changes.remove_branch(name)
    changes.commit()


def _expire(handle: Table, held: Holders) -> None:
    left = [one.snapshot_id for one in handle.snapshots() if one.snapshot_id in held.naming]
    if left:
        handle.maintenance.expire_snapshots().by_ids(left).commit()


def _remove_drafts(handle: Table) -> None:
    """Branches of an erasure that was killed between expiring and removing."""

    def remove() -> None:
        drafts = [name for name in handle.refresh().refs() if name.startswith(_DRAFT)]
        for name in drafts:
            handle.manage_snapshots().remove_branch(name).commit()

    retried(remove, f"removing drafts of {handle.name()}")


_DRAFT = "erase-"


def _draft(snapshot_id: int) -> str:
    return f"{_DRAFT}{snapshot_id}"
