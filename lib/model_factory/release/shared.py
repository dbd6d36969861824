"""What a document has in common: with documents that had a passage first, and with items of benchmarks."""

from collections.abc import Iterator
from typing import Any

from model_factory import lake
from model_factory.release.line import Line, made_from

# Spans and matches of one document that are told; a table of data can have thousands.
MOST = 100


def shared(line: Line, doc_id: str) -> list[dict[str, Any]]:
    """Rows of `kind` (paragraph, substring, …, or a benchmark), `of` (a document's id, an item) and `what`: passages in
    the order of the text, then items, the largest share first."""
    return [*_passages(line, doc_id), *_items(line, doc_id)]


def _passages(line: Line, doc_id: str) -> Iterator[dict[str, Any]]:
    shards = line.parents("candidate", "clean.documents")
    found = {one.snapshot_id: one for shard in shards for one in made_from(shard, "curated.repeats")}
    for repeats in found.values():
        rows = lake.read(repeats, row_filter=f"doc_id = '{doc_id}'").sort_by("start_byte").to_pylist()
        for row in rows[:MOST]:
            place = f"bytes {row['start_byte']:,} to {row['end_byte']:,}, cut unless withheld"
            yield {"kind": row["kind"], "of": row["other_doc_id"], "what": place}


def _items(line: Line, doc_id: str) -> Iterator[dict[str, Any]]:
    verdicts = line.parents("candidate", "curated.contamination")
    shards = [one for verdict in verdicts for one in made_from(verdict, "curated.overlaps")]
    rows = [row for shard in shards for row in lake.read(shard, row_filter=f"doc_id = '{doc_id}'").to_pylist()]
    for row in sorted(rows, key=lambda row: (-row["overlap"], row["benchmark"], row["item"]))[:MOST]:
        share = f"{row['overlap']:.1%} of {row['num_ngrams']} n-grams"
        yield {"kind": row["benchmark"], "of": row["item"], "what": share}
