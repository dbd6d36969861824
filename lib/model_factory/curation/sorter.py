"""Rows in the order of some of their columns, however many there are."""

import heapq
import sys
import tempfile
from collections.abc import Iterable, Iterator
from operator import itemgetter
from typing import IO, Any

import pyarrow as pa

Row = dict[str, Any]
FAN_IN = 16  # files that are read side by side; as many of one level are merged into one of the next
# Of what may be held: each of the files being merged has a part of it, and so has what comes out.
PARTS = 4 * FAN_IN


class Sorter:
    """An external merge sort (Knuth, volume 3, section 5.4): `held_bytes` of rows are in memory, the rest in files
    without names, which are gone with their process. One row is always held, whatever its size."""

    def __init__(self, schema: pa.Schema, by: list[str], held_bytes: int) -> None:
        self.schema = schema
        self.num_rows = 0
        self._key = itemgetter(*by)
        self._held_bytes = held_bytes
        self._held: list[Row] = []
        self._num_bytes = 0
        self._runs: list[tuple[int, IO[bytes]]] = []

    def add(self, row: Row) -> None:
        self._held.append(row)
        self.num_rows += 1
        self._num_bytes += _size(row)
        if self._num_bytes >= self._held_bytes:
            self._spill(self._taken(), 0)

    def rows(self) -> Iterator[Row]:
        """Every row once, in order; equal ones as they came. Nothing is left behind."""
        held = self._taken()
        runs, self._runs = self._runs, []
        # Higher levels hold what came earlier.
        files = [file for _, file in sorted(runs, key=itemgetter(0), reverse=True)]
        return heapq.merge(*map(_read, files), held, key=self._key)

    def batches(self) -> Iterator[pa.RecordBatch]:
        """The same rows in pieces of a part of what may be held."""
        return _batches(self.rows(), self.schema, self._held_bytes // PARTS)

    def _taken(self) -> list[Row]:
        held = sorted(self._held, key=self._key)
        self._held, self._num_bytes = [], 0
        return held

    def _spill(self, rows: Iterable[Row], level: int) -> None:
        file: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115 — whoever merges it closes it
        with pa.ipc.new_stream(file, self.schema) as stream:
            for batch in _batches(rows, self.schema, self._held_bytes // PARTS):
                stream.write_batch(batch)
        self._runs.append((level, file))
        same = [run for at, run in self._runs if at == level]
        if len(same) == FAN_IN:
            self._runs = [run for run in self._runs if run[0] != level]
            self._spill(heapq.merge(*map(_read, same), key=self._key), level + 1)


def _batches(rows: Iterable[Row], schema: pa.Schema, size_bytes: int) -> Iterator[pa.RecordBatch]:
    held, num_bytes = [], 0
    for row in rows:
        held.append(row)
        num_bytes += _size(row)
        if num_bytes >= size_bytes:
            yield pa.RecordBatch.from_pylist(held, schema)
            held, num_bytes = [], 0
    if held:
        yield pa.RecordBatch.from_pylist(held, schema)


def _read(file: IO[bytes]) -> Iterator[Row]:
    file.seek(0)
    with file:
        for batch in pa.ipc.open_stream(file):
            yield from batch.to_pylist()


def _size(row: Row) -> int:
    return sys.getsizeof(row) + sum(map(sys.getsizeof, row.values()))
