"""An Iceberg table at a snapshot, of the lake or of any other catalog."""

import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any, BinaryIO

import pyarrow as pa

from model_factory.cards.errors import CardError
from model_factory.cards.ingest import Source
from model_factory.curation.sources.raw_file import RawFile


def find(source: Source) -> Iterator[RawFile]:
    """The table as one raw file: its columns `text_column` and `url_column`, data files by path."""
    field = f"ingest.sources[{source.name}]"
    table = _load(source.path, f"{field}.path")
    snapshot_id = _snapshot(table, source.revision, f"{field}.revision")
    columns = [column for column in (source.text_column, source.url_column) if column]
    held = [column.name for column in table.schema().columns]
    for column in columns:
        if column not in held:
            raise CardError(f"{field}: the table has no column {column!r}; there are: {', '.join(held)}")
    name = source.path.rpartition(":")[2] if not source.path.endswith(".json") else source.name
    location = Scan(table, snapshot_id, tuple(columns))
    origin = f"{name}@{snapshot_id}"
    yield RawFile(
        source.name, name, location, "arrow", source.licence, origin, "text", source.text_column, source.url_column
    )


@dataclass(frozen=True)
class Scan:
    """The rows of one snapshot. They are copied into a temporary file, so that they can be hashed and read
    like any other file with one batch in memory."""

    table: Any
    snapshot_id: int
    columns: tuple[str, ...]

    @cached_property
    def _tasks(self) -> list[Any]:
        scan = self.table.scan(snapshot_id=self.snapshot_id, selected_fields=self.columns)
        return sorted(scan.plan_files(), key=lambda task: task.file.file_path)

    def size(self) -> int:
        return sum(task.file.file_size_in_bytes for task in self._tasks)

    def open(self) -> BinaryIO:
        from pyiceberg.expressions import AlwaysTrue
        from pyiceberg.io.pyarrow import ArrowScan

        scan = self.table.scan(snapshot_id=self.snapshot_id, selected_fields=self.columns)
        reader = ArrowScan(self.table.metadata, self.table.io, scan.projection(), AlwaysTrue())
        schema = pa.schema([(column, pa.large_string()) for column in self.columns])
        held = tempfile.TemporaryFile()  # noqa: SIM115 — the caller closes it
        with pa.ipc.new_stream(held, schema) as stream:
            for task in self._tasks:
                for batch in reader.to_record_batches([task]):
                    stream.write_batch(batch.select(list(self.columns)).cast(schema))
        held.seek(0)
        return held  # type: ignore[return-value]


def _load(path: str, field: str) -> Any:
    from pyiceberg.catalog import load_catalog
    from pyiceberg.table import StaticTable

    from model_factory import lake

    cure = 'write "namespace.table" (the lake), "catalog:namespace.table" or the URL of a metadata file'
    if not path:
        raise CardError(f"{field}: missing; {cure}")
    try:
        if path.endswith(".metadata.json"):
            return StaticTable.from_metadata(path)
        catalog, _, table = path.rpartition(":")
        return (load_catalog(catalog) if catalog else lake.catalog()).load_table(table)
    except Exception as error:  # every catalog has errors of its own
        said = str(error).partition("\n")[0] or type(error).__name__
        raise CardError(f"{field}: {path!r} cannot be loaded: {said}; {cure}") from error


def _snapshot(table: Any, revision: str, field: str) -> int:
    """The snapshot that `revision` means: an id, a tag or a branch; empty is the newest."""
    if revision.isdigit():
        found = table.snapshot_by_id(int(revision))
    elif revision:
        found = table.snapshot_by_name(revision)
    else:
        found = table.current_snapshot()
    if found is None:
        refs = ", ".join(sorted(table.metadata.refs)) or "(no snapshot at all)"
        raise CardError(f"{field}: the table has no snapshot {revision!r}; there are: {refs}")
    return found.snapshot_id
