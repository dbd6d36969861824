"""Documents beside their verdicts, piece by piece."""

from collections import Counter
from collections.abc import Iterator

import polars as pl

from model_factory.cards.curate import Curate
from model_factory.curation.filters.measure import VALUE_SCHEMA
from model_factory.curation.filters.verdicts import VERDICT_SCHEMA, judge
from model_factory.curation.frames import frames
from model_factory.nouns import Snapshot

TEXT_PART = 8  # of the memory: documents as they are read, chosen and written


class Judged:
    """Shards of documents with the values measured of each, compared with the card's thresholds as often as they are
    asked for, and what benchmarks condemn: verdicts of all documents at once would take much memory."""

    def __init__(
        self, section: Curate, cleaned: list[Snapshot], values: list[Snapshot], contamination: Snapshot
    ) -> None:
        if len(cleaned) != len(values):
            raise ValueError(
                f"curate: {len(values)} shards of values for {len(cleaned)} of documents; "
                "measure every shard exactly once"
            )
        self._section, self._contamination = section, contamination
        self._shards = list(zip(cleaned, values, strict=True))

    def sources(self) -> Counter[str]:
        """How many documents each source has."""
        found: Counter[str] = Counter()
        for documents, _ in self._shards:
            for rows in frames(documents, ["source"], self._section.memory_bytes // TEXT_PART):
                found.update(rows["source"])
        return found

    def pieces(self, columns: list[str]) -> Iterator[tuple[pl.DataFrame, pl.DataFrame]]:
        """Consecutive documents by doc_id with some of their columns (doc_id and source are needed), and their
        verdicts by doc_id and rule. ValueError where a shard of values is that of other documents."""
        for documents, values in self._shards:
            num_values = 0
            for rows in frames(documents, columns, self._section.memory_bytes // TEXT_PART):
                first, last = rows["doc_id"][0], rows["doc_id"][-1]
                found = _between(values, VALUE_SCHEMA, first, last)
                num_values += len(found)
                by_filters = judge(found, self._section.filters, rows, self._section.domains)
                by_benchmarks = _between(self._contamination, VERDICT_SCHEMA, first, last)
                yield rows, pl.concat([by_filters, by_benchmarks]).sort("doc_id", "rule")
            if num_values != values.num_rows:
                raise ValueError(
                    f"curate: {values.num_rows - num_values} values of {values.table}@{values.snapshot_id} are not of "
                    f"the documents of {documents.table}@{documents.snapshot_id}; measure these shards, in their order"
                )


def _between(rows: Snapshot, schema: pl.Schema, first: str, last: str) -> pl.DataFrame:
    row_filter = f"doc_id >= '{first}' and doc_id <= '{last}'"
    found = frames(rows, schema.names(), 1 << 40, row_filter)
    return pl.concat([schema.to_frame(), *found])
