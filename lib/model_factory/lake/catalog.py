"""The Iceberg catalog of this checkout, or the one that the settings name."""

import contextlib
import functools
import os
from pathlib import Path

from pyiceberg.catalog import Catalog, load_catalog
from pyiceberg.exceptions import NamespaceAlreadyExistsError
from sqlalchemy.exc import IntegrityError, OperationalError, ProgrammingError

from model_factory.lake.errors import LakeMoved
from model_factory.nouns.home import room

NAME = "factory"
_SETTINGS = f"PYICEBERG_CATALOG__{NAME.upper()}__"
# Seconds a writer waits for another process's write to the SQLite catalog.
_SQLITE_TIMEOUT_S = 60


def catalog() -> Catalog:
    """The catalog "factory".

    `PYICEBERG_CATALOG__FACTORY__*` settings win (PostgreSQL, REST, S3, …); without any it is SQLite
    with a warehouse folder under `home()/lake`. LakeMoved if that folder was written elsewhere.
    """
    settings = tuple(sorted((key, value) for key, value in os.environ.items() if key.startswith("PYICEBERG_")))
    configured = any(key.startswith(_SETTINGS) for key, _ in settings)
    folder = None if configured else room("lake")
    if folder and not (folder / "catalog.db").exists():
        # The lake was deleted under a process that had opened it.
        _open.cache_clear()
    # A database connection must not cross a fork, hence the process in the key.
    return _open(os.getpid(), folder, settings)


def namespace(table: str) -> None:
    """Make the namespace of `namespace.name` if it is missing; harmless when several processes do."""
    name, dot, rest = table.partition(".")
    if not (name and dot and rest) or "." in rest:
        raise ValueError(f"table {table!r} is not of the form namespace.name, for example raw.documents")
    with contextlib.suppress(IntegrityError, NamespaceAlreadyExistsError):
        catalog().create_namespace_if_not_exists(name)


def tables() -> list[str]:
    """The names of all tables, sorted."""
    lake = catalog()
    return sorted(".".join(name) for space in lake.list_namespaces() for name in lake.list_tables(space))


@functools.lru_cache(maxsize=8)
def _open(pid: int, folder: Path | None, settings: tuple[tuple[str, str], ...]) -> Catalog:
    if folder is None:
        return _connect()
    warehouse = folder / "warehouse"
    _check_place(folder, warehouse)
    warehouse.mkdir(parents=True, exist_ok=True)
    return _connect(
        type="sql",
        uri=f"sqlite:///{folder / 'catalog.db'}?timeout={_SQLITE_TIMEOUT_S}",
        warehouse=warehouse.as_uri(),
    )


def _connect(**settings: str) -> Catalog:
    try:
        return load_catalog(NAME, **settings)
    except (IntegrityError, OperationalError, ProgrammingError):
        # Another process was making the catalog's own tables at the same moment; now they are there.
        return load_catalog(NAME, **settings)


def _check_place(folder: Path, warehouse: Path) -> None:
    record = folder / "location"
    if not record.exists():
        record.write_text(f"{warehouse}\n")
        return
    written = Path(record.read_text().strip())
    if written == warehouse or (written.exists() and warehouse.exists() and written.samefile(warehouse)):
        return
    raise LakeMoved(
        f"the lake in {folder} was written at {written.parent}, and Iceberg's metadata holds that absolute path; "
        f"move it back, or link it (ln -s {folder} {written.parent}), or delete {folder.parent} and run the card again"
    )
