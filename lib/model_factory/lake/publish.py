"""Move main to an audited branch, and only forward."""

from dataclasses import replace

import pyarrow as pa
from pyiceberg.exceptions import CommitFailedException
from pyiceberg.table import Table

from model_factory.lake import properties
from model_factory.lake.handle import retried
from model_factory.lake.read import open_existing
from model_factory.lake.stage import restage, stage
from model_factory.nouns import Lineage, Snapshot


def publish(candidate: Snapshot) -> Snapshot:
    """Make a candidate's rows the table's: move main to the branch's head and remove the branch.

    main moves only to a descendant of itself. Where another writer has moved it since, the rows' files are
    committed again on top, so both stay in the history. Publishing twice is harmless. SnapshotGone if
    the candidate is no longer in the table; PublishConflict if other writers never let go.
    """
    handle = open_existing(candidate)
    what = f"publishing {candidate.table}@{candidate.snapshot_id} from branch {candidate.branch}"
    return retried(lambda: _move(handle.refresh(), candidate), what)


def write(table: str, rows: pa.Table | pa.RecordBatchReader, lineage: Lineage) -> Snapshot:
    """Stage and publish at once, for rows that need no audit."""
    return publish(stage(table, rows, lineage))


def _move(handle: Table, candidate: Snapshot) -> Snapshot:
    done = properties.published(handle, candidate.table, candidate.snapshot_id)
    if done:
        return done
    current = candidate
    if not properties.descends_from_main(handle, candidate.snapshot_id):
        current = restage(handle, candidate)
        # Committing took time and brought the handle up to date: main may have moved once more.
        if not properties.descends_from_main(handle, current.snapshot_id):
            raise CommitFailedException(f"main of {candidate.table} moved again while the rows were committed anew")
    # The commit below is refused unless main still stands where this handle saw it.
    changes = handle.manage_snapshots().set_current_snapshot(snapshot_id=current.snapshot_id)
    for branch in {current.branch, candidate.branch} & set(handle.refs()) - {"main"}:
        changes = changes.remove_branch(branch)
    changes.commit()
    return replace(current, branch="main")
