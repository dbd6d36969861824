"""Every byte below a folder, compressed ones unpacked: what a search for a planted text has to look through."""

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.feather as feather
import pyarrow.parquet as pq
from pyiceberg.avro.file import AvroFile
from pyiceberg.io.pyarrow import PyArrowFileIO


def everything(folder: Path) -> bytes:
    """The files as they lie there, and what parquet, Arrow, Avro and SQLite files hold."""
    found = []
    for path in sorted(folder.rglob("*")):
        if path.is_file() and not path.is_symlink():
            content = path.read_bytes()
            found += [content, *_unpacked(path, content)]
    return b"\n".join(found)


def _unpacked(path: Path, content: bytes) -> Iterator[bytes]:
    if content[:4] == b"PAR1" and content[-4:] == b"PAR1":
        yield _values(pq.read_table(path))
    elif content[:6] == b"ARROW1":
        yield _values(feather.read_table(path))
    elif content[:3] == b"Obj" and not path.name.startswith("snap-"):
        yield from _avro(path)
    elif content.startswith(b"SQLite format 3"):
        connection = sqlite3.connect(path)
        yield "\n".join(connection.iterdump()).encode()
        connection.close()


def _values(rows: pa.Table) -> bytes:
    return repr(rows.to_pylist()).encode()


def _avro(path: Path) -> Iterator[bytes]:
    """A manifest's entries, the smallest and largest values of each column among them."""
    with AvroFile(PyArrowFileIO().new_input(path.as_uri())) as entries:
        for entry in entries:
            yield repr(entry).encode()
