"""Immutable data: one snapshot of one Iceberg table."""

from dataclasses import dataclass

from model_factory.nouns.lineage import Lineage, Parent


@dataclass(frozen=True)
class Snapshot:
    """One snapshot of an Iceberg table.

    `table` is `namespace.name`; `digest` is of the rows' content, independent of their order
    (Iceberg's own `snapshot_id` is random); `branch` is "main" once published, else the branch
    on which the rows wait for their audit.
    """

    catalog: str
    table: str
    snapshot_id: int
    num_rows: int
    digest: str
    lineage: Lineage
    branch: str = "main"
    schema: int = 1

    def as_parent(self) -> Parent:
        return Parent("Snapshot", self.table, self.digest, f"iceberg://{self.catalog}/{self.table}@{self.snapshot_id}")
