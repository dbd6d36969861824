"""Iceberg tables: content digests, write–audit–publish branches, lineage in snapshot properties."""

from model_factory.lake.catalog import catalog, tables
from model_factory.lake.content import digest
from model_factory.lake.disk import require_free_disk
from model_factory.lake.errors import DiskFull, LakeMoved, PublishConflict, SchemaChanged, SnapshotGone
from model_factory.lake.find import beside, find, head, history, left_of, run_of, snapshot_at
from model_factory.lake.publish import publish, write
from model_factory.lake.read import batches, read, scan
from model_factory.lake.stage import discard, stage
from model_factory.lake.tombstones import bury, tombstone, tombstones

__all__ = [
    "DiskFull",
    "LakeMoved",
    "PublishConflict",
    "SchemaChanged",
    "SnapshotGone",
    "batches",
    "beside",
    "bury",
    "catalog",
    "digest",
    "discard",
    "find",
    "head",
    "history",
    "left_of",
    "publish",
    "read",
    "require_free_disk",
    "run_of",
    "scan",
    "snapshot_at",
    "stage",
    "tables",
    "tombstone",
    "tombstones",
    "write",
]
