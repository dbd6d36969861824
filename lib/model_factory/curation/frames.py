"""Tables read and written a few rows at a time, as polars frames."""

from collections.abc import Iterable, Iterator

import polars as pl
import pyarrow as pa

from model_factory import lake
from model_factory.nouns import Snapshot


def frames(
    snapshot: Snapshot, columns: list[str], size_bytes: int, row_filter: str | None = None
) -> Iterator[pl.DataFrame]:
    """The rows of a snapshot in their order, in pieces of about `size_bytes`, a row group at least."""
    held: list[pa.RecordBatch] = []
    for batch in lake.batches(snapshot, columns, row_filter):
        held.append(batch)
        if sum(one.nbytes for one in held) >= size_bytes:
            yield _frame(held)
            held = []
    if held:
        yield _frame(held)


def reader(made: Iterable[pl.DataFrame], empty: pl.DataFrame) -> pa.RecordBatchReader:
    """Frames for `lake.stage`, made only as they are written; `empty` has their columns and no row."""
    schema = empty.to_arrow().schema
    return pa.RecordBatchReader.from_batches(
        schema, (batch for frame in made for batch in frame.to_arrow().cast(schema).to_batches())
    )


def _frame(held: list[pa.RecordBatch]) -> pl.DataFrame:
    frame = pl.from_arrow(pa.Table.from_batches(held))
    assert isinstance(frame, pl.DataFrame)
    return frame
