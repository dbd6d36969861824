"""Signatures of any number of documents, of which only those that agree with another one are ever held.

Shapes: E entries (a document with one of its keys), B bands.
"""

import tempfile
from collections.abc import Callable, Iterator
from typing import IO

import numpy as np
import polars as pl

# (columns) → frames with them, together every document once, always in the same order.
Read = Callable[[list[str]], Iterator[pl.DataFrame]]
# The keys of a frame's documents and the places of these in it.
KeysOf = Callable[[pl.DataFrame], tuple[np.ndarray, np.ndarray]]
ORDER = ["source", "path", "doc_id"]
ENTRY = np.dtype([("key", np.uint64), ("row", np.int64)])
ENTRY_BYTES = 4 * ENTRY.itemsize  # while entries are sorted
SLICE_ROWS = 4096
SALT = np.uint64(0x9E3779B97F4A7C15)


class Signed:
    """Finds the documents that share a key with another one: keys are written to files by range, and the files read
    one by one, so that `memory_bytes` do for any number of documents. Names and sketches are then read of what was
    found. Buckets of equal keys are always whole, so that the number of files changes nothing."""

    def __init__(self, read: Read, num_rows: int, memory_bytes: int) -> None:
        self._read, self._num_rows, self._memory_bytes = read, num_rows, memory_bytes

    def num_parts(self, num_keys: int) -> int:
        """In how many files `num_keys` keys of each document are sorted."""
        return -(-self._num_rows * num_keys * ENTRY_BYTES // self._memory_bytes) or 1

    def recipes(self) -> list[str]:
        return sorted({recipe for frame in self._read(["recipe"]) for recipe in frame["recipe"].unique()})

    def sharing_content(self) -> pl.DataFrame:
        """The documents (ORDER, key, num_bytes) that have the same words as another one, the preferred first."""

        def contents(frame: pl.DataFrame) -> tuple[np.ndarray, np.ndarray]:
            return frame["content"].to_numpy().view(np.uint64), np.arange(len(frame))

        rows = self._sharing(["content"], contents, self.num_parts(1))
        return self._rows([*ORDER, "key", "num_bytes"], rows)

    def sharing_bands(self, num_bands: int, without: pl.Series) -> pl.DataFrame:
        """The documents (ORDER, key, num_bytes, bands, sketch) that agree with another one in a band, the preferred
        first; those of `without` and those without words are left out."""
        meant = pl.col("bands").is_not_null() & ~pl.col("doc_id").is_in(without.implode())
        salt_B = np.arange(num_bands, dtype=np.uint64) * SALT

        def bands(frame: pl.DataFrame) -> tuple[np.ndarray, np.ndarray]:
            places = frame.select(meant.arg_true()).to_series().to_numpy()
            found = frame["bands"].gather(places).list.explode(keep_nulls=False, empty_as_null=False)
            keys_E = found.to_numpy().view(np.uint64) ^ np.tile(salt_B, len(places))
            return keys_E, np.repeat(places, num_bands).astype(np.int64)

        rows = self._sharing(["doc_id", "bands"], bands, self.num_parts(num_bands))
        return self._rows([*ORDER, "key", "num_bytes", "bands", "sketch"], rows)

    def _sharing(self, columns: list[str], keys_of: KeysOf, num_parts: int) -> np.ndarray:
        """Which rows have a key that is another row's too, sorted."""
        found = [np.zeros(0, dtype=np.int64)]
        for file in self._by_range(columns, keys_of, num_parts):
            with file:
                file.seek(0)
                entries = np.frombuffer(file.read(), dtype=ENTRY)
            entries = entries[np.argsort(entries["key"])]
            same = np.concatenate([[False], entries["key"][1:] == entries["key"][:-1], [False]])
            found.append(np.unique(entries["row"][same[1:] | same[:-1]] if len(entries) else found[0]))
        return np.unique(np.concatenate(found))

    def _by_range(self, columns: list[str], keys_of: KeysOf, num_parts: int) -> list[IO[bytes]]:
        files: list[IO[bytes]] = [tempfile.TemporaryFile() for _ in range(num_parts)]  # noqa: SIM115 — whoever reads them closes them
        first = 0
        for frame in self._read(columns):
            for some in frame.iter_slices(SLICE_ROWS):
                keys_E, rows_E = keys_of(some)
                entries = np.zeros(len(keys_E), dtype=ENTRY)
                entries["key"], entries["row"] = keys_E, rows_E + first
                part_E = (keys_E % np.uint64(num_parts)).astype(np.int64)
                for part in np.unique(part_E):
                    files[part].write(entries[part_E == part].tobytes())
                first += len(some)
        return files

    def _rows(self, columns: list[str], rows: np.ndarray) -> pl.DataFrame:
        """Some rows by their numbers, the preferred first."""
        found, first = [], 0
        for frame in self._read(columns):
            here = rows[np.searchsorted(rows, first) : np.searchsorted(rows, first + len(frame))]
            found.append(frame[here - first])
            first += len(frame)
        return pl.concat(found).sort(*ORDER)
