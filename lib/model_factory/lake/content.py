"""The content digest of a table: of its rows' values, not of their order, chunks or files.

Every row is encoded with explicit nulls and length prefixes, so that no two different rows encode
equally; the rows' hashes are sorted and hashed together with the columns' names and kinds. Integer
widths, float widths and Arrow's large variants do not count: what is read back from Iceberg has the
digest of what was written.
"""

import hashlib
import tempfile
from collections.abc import Iterator
from typing import IO

import numpy as np
import pyarrow as pa

# Bound the memory of the encoding; the digest does not depend on them.
BATCH_ROWS = 8192
BATCH_BYTES = 1 << 20
HELD_ROWS = 1 << 17
HASH_BYTES = 32

# A column's encoded rows: one buffer, row i between offsets i and i + 1.
_Encoded = tuple[bytes, np.ndarray]


def digest(rows: pa.Table) -> str:
    """sha256 (64 hex digits) over the sorted blake2b hashes of the rows and the columns' kinds.

    Columns are taken in the order of their names. TypeError names a column whose type has no
    canonical encoding (timestamps, decimals, maps, null).
    """
    content = ContentDigest(rows.schema)
    for batch in rows.to_batches(max_chunksize=BATCH_ROWS):
        content.add(batch)
    return content.hexdigest()


class ContentDigest:
    """The digest of rows that come batch by batch, in any order.

    The hashes of HELD_ROWS rows are in memory (about 100 bytes each); more lie sorted in a file without a
    name, which is gone with its process, and are put together by their first byte.
    """

    def __init__(self, schema: pa.Schema) -> None:
        self.names = sorted(schema.names)
        if len(set(self.names)) != len(self.names):
            raise ValueError(f"columns {schema.names} repeat a name; a table's columns have distinct names")
        self.kinds = [_kind(schema.field(name).type, name) for name in self.names]
        self.num_rows = 0
        self._held: list[bytes] = []
        self._file: IO[bytes] | None = None
        self._bounds_R: list[np.ndarray] = []  # per run where each first byte's hashes begin, and the end

    def add(self, batch: pa.RecordBatch) -> None:
        rows = max(1, min(BATCH_ROWS, BATCH_BYTES * batch.num_rows // max(batch.nbytes, 1)))
        for start in range(0, batch.num_rows, rows):
            self._held += _row_hashes(batch.slice(start, rows).select(self.names))
        self.num_rows += batch.num_rows
        if len(self._held) >= HELD_ROWS:
            self._spill()

    def hexdigest(self) -> str:
        total = hashlib.sha256(repr(list(zip(self.names, self.kinds, strict=True))).encode())
        total.update(self.num_rows.to_bytes(8, "little"))
        if self._bounds_R:
            self._spill()
        for hashes in self._by_first_byte() if self._bounds_R else [self._held]:
            total.update(b"".join(sorted(hashes)))
        return total.hexdigest()

    def _spill(self) -> None:
        self._file = self._file or tempfile.TemporaryFile()  # noqa: SIM115 — read at the end
        start = self._file.seek(0, 2)
        content = b"".join(sorted(self._held))
        self._file.write(content)
        firsts = np.frombuffer(content, dtype=np.uint8)[::HASH_BYTES]
        self._bounds_R.append(start + HASH_BYTES * np.searchsorted(firsts, np.arange(257)))
        self._held = []

    def _by_first_byte(self) -> Iterator[list[bytes]]:
        assert self._file is not None
        for first in range(256):
            content = b""
            for bounds in self._bounds_R:
                self._file.seek(int(bounds[first]))
                content += self._file.read(int(bounds[first + 1] - bounds[first]))
            yield [content[at : at + HASH_BYTES] for at in range(0, len(content), HASH_BYTES)]


def _row_hashes(batch: pa.RecordBatch) -> list[bytes]:
    columns = [_encode(column) for column in batch.columns]
    hashes = []
    for row in range(batch.num_rows):
        hasher = hashlib.blake2b(digest_size=HASH_BYTES)
        for buffer, offsets in columns:
            hasher.update(buffer[offsets[row] : offsets[row + 1]])
        hashes.append(hasher.digest())
    return hashes


def _kind(type_: pa.DataType, column: str) -> str:
    """The name of a type up to widths; it is part of the digest."""
    if pa.types.is_dictionary(type_):
        return _kind(type_.value_type, column)
    if pa.types.is_boolean(type_):
        return "bool"
    if pa.types.is_integer(type_):
        return "int"
    if pa.types.is_floating(type_):
        return "float"
    if _is_text(type_):
        return "string"
    if _is_bytes(type_):
        return "binary"
    if _is_list(type_):
        return f"list<{_kind(type_.value_type, column)}>"
    if pa.types.is_struct(type_):
        fields = sorted(type_, key=lambda field: field.name)
        return f"struct<{','.join(f'{field.name!r}:{_kind(field.type, column)}' for field in fields)}>"
    raise TypeError(
        f"column {column!r} has type {type_}, which has no content digest; "
        "cast it to bool, int64, float64, string, binary, or a list or struct of these"
    )


def _encode(array: pa.Array) -> _Encoded:
    type_ = array.type
    if pa.types.is_dictionary(type_):
        return _encode(array.dictionary_decode())
    if _is_list(type_):
        return _encode_lists(array)
    if pa.types.is_struct(type_):
        return _encode_structs(array)
    if _is_text(type_) or _is_bytes(type_):
        return _encode_bytes(array)
    return _encode_fixed(array)


def _encode_fixed(array: pa.Array) -> _Encoded:
    """Nine bytes a value: 1 and the value, or 0 and zeros for null."""
    floating = pa.types.is_floating(array.type)
    wide = array.cast(pa.float64() if floating else pa.int64())
    packed = np.zeros(len(array), dtype=[("present", "u1"), ("value", "<f8" if floating else "<i8")])
    packed["present"] = wide.is_valid().to_numpy(zero_copy_only=False)
    values = wide.fill_null(0).to_numpy(zero_copy_only=False)
    # A NaN has many bit patterns and one meaning.
    packed["value"] = np.where(np.isnan(values), np.nan, values) if floating else values
    return packed.tobytes(), np.arange(len(array) + 1) * packed.dtype.itemsize


def _encode_bytes(array: pa.Array) -> _Encoded:
    values = array.cast(pa.large_binary()).to_pylist()
    return _joined([b"\0" if value is None else _prefix(len(value)) + value for value in values])


def _encode_lists(array: pa.Array) -> _Encoded:
    buffer, offsets = _encode(array.flatten())
    present = array.is_valid().to_pylist()
    lengths = array.value_lengths().fill_null(0).to_numpy(zero_copy_only=False)
    starts = np.concatenate([[0], np.cumsum(lengths, dtype=np.int64)])
    return _joined(
        [
            _prefix(int(lengths[row])) + buffer[offsets[starts[row]] : offsets[starts[row + 1]]] if valid else b"\0"
            for row, valid in enumerate(present)
        ]
    )


def _encode_structs(array: pa.StructArray) -> _Encoded:
    fields = [_encode(array.field(name)) for name in sorted(field.name for field in array.type)]
    return _joined(
        [
            b"\1" + b"".join(buffer[offsets[row] : offsets[row + 1]] for buffer, offsets in fields) if valid else b"\0"
            for row, valid in enumerate(array.is_valid().to_pylist())
        ]
    )


def _prefix(length: int) -> bytes:
    return b"\1" + length.to_bytes(8, "little")


def _joined(pieces: list[bytes]) -> _Encoded:
    offsets = np.zeros(len(pieces) + 1, dtype=np.int64)
    np.cumsum([len(piece) for piece in pieces], out=offsets[1:])
    return b"".join(pieces), offsets


def _is_text(type_: pa.DataType) -> bool:
    return pa.types.is_string(type_) or pa.types.is_large_string(type_) or pa.types.is_string_view(type_)


def _is_bytes(type_: pa.DataType) -> bool:
    return pa.types.is_binary(type_) or pa.types.is_large_binary(type_) or pa.types.is_binary_view(type_)


def _is_list(type_: pa.DataType) -> bool:
    return pa.types.is_list(type_) or pa.types.is_large_list(type_) or pa.types.is_fixed_size_list(type_)
