"""Texts that are fetched once from their shards and asked for again and again, kept on disk."""

import tempfile
from collections.abc import Iterator

import numpy as np
import polars as pl
import pyarrow as pa

from model_factory.curation.dedup.find import Lookup
from model_factory.curation.frames import frames
from model_factory.nouns import Snapshot


def fetched(shards: list[Snapshot], ids: pl.Series, held_bytes: int) -> Lookup:
    """One pass over the shards for the texts of `ids`; what is given of them later comes from a file without a name.
    No shard is read where there is no id."""
    file = tempfile.TemporaryFile()  # noqa: SIM115 — the lookup reads it
    names, sizes = [], []
    for found in _reading(shards, ids, held_bytes):
        texts = pa.array(found["text"].cast(pl.Binary).to_arrow(), pa.large_binary())
        _, offsets, content = texts.buffers()
        bounds = np.frombuffer(offsets, dtype=np.int64)[texts.offset : texts.offset + len(texts) + 1]
        file.write(memoryview(content)[bounds[0] : bounds[-1]] if content else b"")
        names.append(found["doc_id"])
        sizes.append(np.diff(bounds))
    ends_D = np.cumsum(np.concatenate([np.zeros(0, dtype=np.int64), *sizes]))
    places = pl.DataFrame({"doc_id": pl.concat([pl.Series(dtype=pl.String), *names]), "end": ends_D})
    places = places.with_columns(start=pl.col("end").shift(1, fill_value=0))

    def lookup(asked: pl.Series) -> pl.DataFrame:
        wanted = places.filter(pl.col("doc_id").is_in(asked.implode()))
        texts = []
        for start, end in wanted.select("start", "end").iter_rows():
            file.seek(start)
            texts.append(file.read(end - start).decode())
        return wanted.select("doc_id", text=pl.Series(texts, dtype=pl.String))

    return lookup


def _reading(shards: list[Snapshot], ids: pl.Series, held_bytes: int) -> Iterator[pl.DataFrame]:
    if ids.is_empty():
        return
    for shard in shards:
        for rows in frames(shard, ["doc_id", "text"], held_bytes):
            yield rows.filter(pl.col("doc_id").is_in(ids.implode()))
