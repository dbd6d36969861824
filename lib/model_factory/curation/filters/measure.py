"""Documents are read here, once: every rule of every filter gets its value."""

from collections.abc import Iterator, Mapping

import polars as pl

from model_factory.curation.filters.batch import Batch
from model_factory.curation.filters.load import Chosen, load_filters
from model_factory.curation.filters.rule import Settings

VALUE_SCHEMA = pl.Schema({"doc_id": pl.String, "rule": pl.String, "value": pl.Float64, "version": pl.String})
# Of text: bounds what its words and n-grams take. In larger batches the memory that they touch costs more than they do.
BATCH_BYTES = 4 << 20


def measure(documents: pl.DataFrame, filters: Mapping[str, Settings]) -> pl.DataFrame:
    """Values of `documents` (doc_id, language, text, and words if the caller has its own) as VALUE_SCHEMA, a row per
    document and rule that applies to its language, by filter in the card's order.

    No threshold has any part in them. CardError as `load_filters`, ValueError for a column that a filter misses.
    """
    chosen = load_filters(filters, bounded=False)
    for column in columns_of(filters):
        if column not in documents.columns:
            raise ValueError(f"documents: a filter reads the column {column!r}; read it together with the texts")
    measured: dict[str, list[pl.DataFrame]] = {name: [pl.DataFrame(schema=VALUE_SCHEMA)] for name in chosen}
    for batch in _batches(documents):
        for name, one in chosen.items():
            measured[name] += _values(name, one, batch.of(one.filter.language))
    return pl.concat([rows for frames in measured.values() for rows in frames])


def columns_of(filters: Mapping[str, Settings]) -> list[str]:
    """The columns that `measure` needs of the documents for these filters."""
    own = {column for one in load_filters(filters, bounded=False).values() for column in one.filter.columns}
    return ["doc_id", "language", "text", *sorted(own)]


def _values(name: str, one: Chosen, documents: Batch) -> Iterator[pl.DataFrame]:
    if not len(documents):
        return
    columns = one.filter.measure(documents, one.parameters)
    for rule in one.filter.rules:
        value = columns[rule.name].cast(pl.Float64)
        if value.has_nulls() or value.is_nan().any():
            raise ValueError(
                f"filter {name}: rule {rule.name} has no value for some documents; give every one a number"
            )
        yield documents.select("doc_id", rule=pl.lit(rule.name), value=value, version=pl.lit(one.version))


def _batches(documents: pl.DataFrame) -> Iterator[Batch]:
    """Consecutive documents of BATCH_BYTES together; a longer one is a batch of its own."""
    if documents.is_empty():
        return
    ends = documents["text"].str.len_bytes().cast(pl.Int64).cum_sum()
    batch = (ends - 1) // BATCH_BYTES
    sizes = batch.rle().struct.field("len").to_list()
    start = 0
    for size in sizes:
        yield Batch(documents.slice(start, size))
        start += size
