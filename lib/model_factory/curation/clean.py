"""Documents repaired and redacted in shards: what is measured and judged is what is trained on."""

from collections.abc import Mapping
from typing import Any

import polars as pl

from model_factory import lake
from model_factory.cards.clean import Clean
from model_factory.cards.errors import CardError
from model_factory.curation.buckets import NUM_BUCKETS
from model_factory.curation.frames import frames, reader
from model_factory.curation.normalise.apply import load_steps, normalise
from model_factory.curation.normalise.registry import STEPS
from model_factory.curation.pii.redact import load_detectors, redact
from model_factory.curation.pii.registry import DETECTORS
from model_factory.curation.shards import shards, sizes, within
from model_factory.nouns import Lineage, Snapshot

DOCUMENTS = "clean.documents"
COLUMNS = ["doc_id", "source", "path", "licence", "origin", "url", "language", "place", "text"]
COLUMNS_SCHEMA = pl.Schema({name: pl.Int64() if name == "place" else pl.String() for name in COLUMNS})
TEXT_PART = 8  # of the memory: text is held before and after, as columns and as Python's strings


def plan_shards(section: Clean, documents: Snapshot) -> list[str]:
    """The shards to clean. CardError for a step or detector that does not exist, before any work is done."""
    if section.num_shards > NUM_BUCKETS:
        raise CardError(f"clean.num_shards: {section.num_shards} is above {NUM_BUCKETS}; use at most {NUM_BUCKETS}")
    load_steps(section.normalise)
    load_detectors(section.redact)
    return shards(sizes(documents), section.num_shards, section.memory_bytes)


def clean_shard(section: Clean, documents: Snapshot, shard: str, lineage: Lineage) -> Snapshot:
    """Stage one shard of `clean.documents` on a branch `shard-…`, with what was changed and replaced in each.

    Every shard has a branch of its own, so that shards never wait for each other and a shard that is
    cleaned again finds what it made before.
    """
    rows = frames(documents, COLUMNS, section.memory_bytes // TEXT_PART, row_filter=within(shard))
    made = (_cleaned(section, some) for some in rows)
    return lake.stage(
        DOCUMENTS, reader(made, _cleaned(section, COLUMNS_SCHEMA.to_frame())), lineage, label=f"shard-{shard}"
    )


def _cleaned(section: Clean, rows: pl.DataFrame) -> pl.DataFrame:
    repaired = normalise(rows, _in_order(section.normalise, STEPS))
    redacted = redact(repaired.documents, _in_order(section.redact, DETECTORS))
    cleaned = _with(_with(redacted.documents, "changes", repaired.changes), "redactions", redacted.findings)
    return cleaned.sort("doc_id")


def read_cleaned(cleaned: list[Snapshot], columns: list[str]) -> pl.DataFrame:
    """The rows of all shards, by doc_id."""
    return pl.concat([pl.DataFrame(lake.read(shard, columns)) for shard in cleaned]).sort("doc_id")


def _in_order(named: Mapping[str, Any], registry: Mapping[str, str]) -> dict[str, Any]:
    """What the card names in the order of the registry: a map of the card has no order of its own."""
    return {name: named[name] for name in registry if name in named}


def _with(documents: pl.DataFrame, name: str, rows: pl.DataFrame) -> pl.DataFrame:
    """`documents` with a column `name` that lists the rows of each as structs; an empty list where there is none."""
    fields = pl.struct(pl.exclude("doc_id"))
    listed = rows.group_by("doc_id", maintain_order=True).agg(fields.alias(name))
    empty = pl.lit([], dtype=listed.schema[name])
    joined = documents.join(listed, on="doc_id", how="left", maintain_order="left")
    return joined.with_columns(pl.col(name).fill_null(empty))
