"""A snapshot of sequences to a folder of tokens, in one pass and bounded memory."""

import json
import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pyarrow as pa

from model_factory.blender.tokens import COMPLETE, INDEX, TOKENS
from model_factory.lake.read import gone, open_existing
from model_factory.nouns import Snapshot

_COLUMNS = ("sequence_id", "source", "tokens", "boundaries", "num_bytes")
_LISTS = pa.list_(pa.int32())


class CacheTooSmall(OSError):
    """A snapshot's tokens are more than the cache may hold."""


class _Wide(Exception):
    """A token id that uint16 does not hold."""


@dataclass
class _Draft:
    """Columns of the index as they come."""

    tables: list[pa.Table] = field(default_factory=list)
    num_tokens: int = 0


def build(snapshot: Snapshot, split: str, folder: Path, max_bytes: int) -> None:
    """Write the rows of a split to `folder`, which must not exist; it is there whole or not at all.

    ValueError if there are none, CacheTooSmall beyond `max_bytes`, SnapshotGone if they cannot be read.
    """
    draft = folder.with_name(f".{folder.name}.{os.getpid()}")
    shutil.rmtree(draft, ignore_errors=True)
    draft.mkdir(parents=True)
    try:
        try:
            _write(snapshot, split, draft, np.dtype("<u2"), max_bytes)
        except _Wide:
            _write(snapshot, split, draft, np.dtype("<u4"), max_bytes)
        draft.rename(folder)
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def _write(snapshot: Snapshot, split: str, draft: Path, dtype: np.dtype, max_bytes: int) -> None:
    made = _Draft()
    with open(draft / TOKENS, "wb") as file:
        for batch in _batches(snapshot, split):
            tokens = batch["tokens"].combine_chunks()
            values = tokens.flatten().to_numpy()
            if len(values) and int(values.max()) > np.iinfo(dtype).max:
                raise _Wide
            lengths = tokens.value_lengths().to_numpy()
            starts = made.num_tokens + np.cumsum(lengths) - lengths
            made.num_tokens += len(values)
            if made.num_tokens * dtype.itemsize > max_bytes:
                raise CacheTooSmall(
                    f"the tokens of {snapshot.table}@{snapshot.snapshot_id} ({split}) are more than the cache's "
                    f"{max_bytes / (1 << 20):.0f} MiB; raise the limit, or stream them from a shared folder"
                )
            file.write(values.astype(dtype).tobytes())
            made.tables.append(_index(batch, starts, lengths))
        file.flush()
        os.fsync(file.fileno())
    if not made.tables:
        raise ValueError(
            f"{snapshot.table}@{snapshot.snapshot_id} has no {split} sequences; change tokenize.heldout_fraction"
        )
    index = pa.concat_tables(made.tables).sort_by("sequence_id").combine_chunks()
    with pa.ipc.new_file(str(draft / INDEX), index.schema) as writer:
        writer.write_table(index)
    distinct = np.unique(index["length"].to_numpy())
    about = {
        "digest": snapshot.digest,
        "table": snapshot.table,
        "split": split,
        "dtype": dtype.str,
        "num_tokens": made.num_tokens,
        "length": int(distinct[0]) if len(distinct) == 1 else 0,
    }
    (draft / COMPLETE).write_text(json.dumps(about))


def _batches(snapshot: Snapshot, split: str) -> Iterator[pa.Table]:
    table = open_existing(snapshot)
    held = table.schema().column_names
    columns = [*_COLUMNS, *(["given"] if "given" in held else [])]
    scan = table.scan(f"split = '{split}'", tuple(columns), snapshot_id=snapshot.snapshot_id)
    try:
        for batch in scan.to_arrow_batch_reader():
            if batch.num_rows:
                yield pa.Table.from_batches([batch])
    except FileNotFoundError as error:
        raise gone(snapshot, f"its file {error.filename or error} is missing") from error


def _index(batch: pa.Table, starts: np.ndarray, lengths: np.ndarray) -> pa.Table:
    boundaries = batch["boundaries"].cast(_LISTS)
    # Tables that were written before pieces could overlap by more than a token lack the column.
    given = batch["given"].cast(_LISTS) if "given" in batch.column_names else _ones(boundaries)
    return pa.table(
        {
            "sequence_id": batch["sequence_id"].cast(pa.string()),
            "source": batch["source"].cast(pa.string()),
            "num_bytes": batch["num_bytes"].cast(pa.int64()),
            "boundaries": boundaries,
            "given": given,
            "start": pa.array(starts, pa.int64()),
            "length": pa.array(lengths, pa.int64()),
        }
    )


def _ones(boundaries: pa.ChunkedArray) -> pa.Array:
    lists = boundaries.combine_chunks()
    lengths = lists.value_lengths().to_numpy()
    offsets = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int32)
    return pa.ListArray.from_arrays(pa.array(offsets), pa.array(np.ones(offsets[-1], np.int32)))
