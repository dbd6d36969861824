"""The token rows of a snapshot, as a file that memory maps: any row in constant time, shared by all processes.

N rows, one a packed sequence. A folder holds `tokens.bin` (uint16, or uint32 where an id needs it, rows one
behind the other) and `index.arrow` (Arrow IPC, a row a sequence in the order of the ids, which is the same
however the lake stores them).
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import pyarrow as pa

TOKENS, INDEX, COMPLETE = "tokens.bin", "index.arrow", "COMPLETE"
# (first token, number of tokens) of each row → their tokens, one behind the other
Gather = Callable[[np.ndarray, np.ndarray], np.ndarray]


@dataclass(frozen=True)
class Tokens:
    """One split of one snapshot; `gather` reads rows from where the token file lies."""

    digest: str
    index: pa.Table
    gather: Gather

    def __len__(self) -> int:
        return self.index.num_rows

    @cached_property
    def ids(self) -> list[str]:
        return self.index["sequence_id"].to_pylist()

    @cached_property
    def starts(self) -> np.ndarray:
        """Where each row begins in the token file."""
        return self.index["start"].to_numpy()

    @cached_property
    def lengths(self) -> np.ndarray:
        """Tokens of each row."""
        return self.index["length"].to_numpy()

    @cached_property
    def num_bytes(self) -> np.ndarray:
        """Bytes of the text behind what each row has a model predict."""
        return self.index["num_bytes"].to_numpy()

    @cached_property
    def sources(self) -> dict[str, np.ndarray]:
        """Source → its rows, in order."""
        column = self.index["source"].combine_chunks().dictionary_encode()
        codes = column.indices.to_numpy()
        names = sorted(zip(column.dictionary.to_pylist(), range(len(column.dictionary)), strict=True))
        return {name: np.flatnonzero(codes == code) for name, code in names}

    def counts(self) -> dict[str, int]:
        """Source → number of its rows."""
        return {source: len(rows) for source, rows in self.sources.items()}

    def read(self, rows: np.ndarray) -> np.ndarray:
        """The tokens of `rows`, one behind the other."""
        return self.gather(self.starts[rows], self.lengths[rows])

    def boundaries(self, row: int) -> np.ndarray:
        """Where each document, or piece of one, begins in a row."""
        return self._lists("boundaries", row)

    def given(self, row: int) -> np.ndarray:
        """How many tokens of each piece are only read: those that stand in the piece before as well."""
        return self._lists("given", row)

    def pieces(self, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Tokens of every piece of `rows`, and to which of them (its place in `rows`) it belongs."""
        values, offsets = self._flat["boundaries"]
        counts = np.diff(offsets)[rows]
        of_row = np.repeat(np.arange(len(rows)), counts)
        at = np.arange(len(of_row)) - np.repeat(np.cumsum(counts) - counts, counts) + offsets[rows][of_row]
        last = np.append(np.diff(of_row) != 0, True)
        ends = np.where(last, self.lengths[rows][of_row], values[np.minimum(at + 1, len(values) - 1)])
        return ends - values[at], of_row

    def _lists(self, name: str, row: int) -> np.ndarray:
        values, offsets = self._flat[name]
        return values[offsets[row] : offsets[row + 1]]

    @cached_property
    def _flat(self) -> dict[str, tuple[np.ndarray, np.ndarray]]:
        columns = {name: self.index[name].combine_chunks() for name in ("boundaries", "given")}
        return {name: (lists.values.to_numpy(), lists.offsets.to_numpy()) for name, lists in columns.items()}


def open_folder(folder: Path) -> Tokens:
    """The tokens that `build.build` wrote to a local folder, mapped into memory."""
    found = json.loads((folder / COMPLETE).read_text())
    data = np.memmap(folder / TOKENS, dtype=found["dtype"], mode="r") if found["num_tokens"] else np.empty(0, "uint16")
    return Tokens(found["digest"], open_index(folder / INDEX), _mapped(data, found["length"]))


def open_index(path: Path) -> pa.Table:
    """The index, mapped: columns are read when they are asked for."""
    return pa.ipc.open_file(pa.memory_map(str(path))).read_all()


def _mapped(data: np.ndarray, length: int) -> Gather:
    """Reader of a mapped file; `length` is that of every row, or 0 where they differ."""
    rows_NT = data.reshape(-1, length) if length else data

    def gather(starts: np.ndarray, lengths: np.ndarray) -> np.ndarray:
        if length:
            return rows_NT.take(starts // length, axis=0).reshape(-1)
        return joined([data[start : start + size] for start, size in zip(starts, lengths, strict=True)], data.dtype)

    return gather


def joined(runs: Sequence[np.ndarray], dtype: np.dtype) -> np.ndarray:
    """Runs of tokens one behind the other, in memory of their own."""
    return np.concatenate(runs) if runs else np.empty(0, dtype)
