"""Files under a table's folder that no snapshot refers to: removed, so that what was erased is gone."""

from collections.abc import Iterator
from pathlib import Path

from pyarrow.fs import FileSelector, FileSystem
from pyiceberg.io.pyarrow import PyArrowFileIO
from pyiceberg.manifest import ManifestEntryStatus
from pyiceberg.table import Table

from model_factory.lake.catalog import catalog, tables
from model_factory.nouns.home import room


def unreferenced(handle: Table) -> list[tuple[str, int]]:
    """(path, bytes) of the files under the table's location that neither its present metadata nor a snapshot names.

    A writer at work has such files too: nobody may be writing to the table meanwhile.
    """
    files, root = _at(handle.location())
    wanted = {_at(location)[1] for location in _referenced(handle)}
    return [(path, size) for path, size in _listed(files, root) if path not in wanted]


def remove_unreferenced(handle: Table) -> int:
    """Remove them and return how many bytes they had."""
    files, _ = _at(handle.location())
    found = unreferenced(handle)
    for path, _ in found:
        files.delete_file(path)
    return sum(size for _, size in found)


def remove_strays() -> int:
    """Remove what lies in this checkout's own warehouse and belongs to no table: dropped ones leave their files
    behind. Another warehouse may be others' too and is left alone. Returns how many bytes there were."""
    removed = 0
    for path in list(strays()):
        removed += path.stat().st_size
        path.unlink()
    return removed


def strays() -> Iterator[Path]:
    """Files in this checkout's own warehouse that lie in no table's folder."""
    warehouse = room("lake") / "warehouse"
    if catalog().properties.get("warehouse") != warehouse.as_uri() or not warehouse.is_dir():
        return
    known = [Path(_at(catalog().load_table(table).location())[1]) for table in tables()]
    for path in sorted(warehouse.rglob("*")):
        if path.is_file() and not any(path.is_relative_to(folder) for folder in known):
            yield path


def _referenced(handle: Table) -> Iterator[str]:
    yield handle.metadata_location
    yield from (entry.metadata_file for entry in handle.metadata.metadata_log)
    yield from (file.statistics_path for file in handle.metadata.statistics)
    for snapshot in handle.snapshots():
        yield snapshot.manifest_list
        for manifest in snapshot.manifests(handle.io):
            yield manifest.manifest_path
            for entry in manifest.fetch_manifest_entry(handle.io, discard_deleted=False):
                if entry.status != ManifestEntryStatus.DELETED:
                    yield entry.data_file.file_path


def _at(location: str) -> tuple[FileSystem, str]:
    """The file system of a location and the path on it."""
    settings = catalog().properties
    scheme, netloc, path = PyArrowFileIO.parse_location(location, settings)
    return PyArrowFileIO(settings).fs_by_scheme(scheme, netloc), path


def _listed(files: FileSystem, root: str) -> Iterator[tuple[str, int]]:
    selector = FileSelector(root, allow_not_found=True, recursive=True)
    for info in files.get_file_info(selector):
        if info.is_file:
            yield info.path, info.size
