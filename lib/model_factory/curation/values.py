"""What filters measure of documents, kept apart from what a card makes of it."""

import polars as pl

from model_factory import lake
from model_factory.cards.curate import Curate, Measure
from model_factory.curation.filters.load import load_filters
from model_factory.curation.filters.measure import columns_of, measure
from model_factory.nouns import Lineage, Snapshot

VALUES = "curated.values"


def measured_part(section: Curate) -> Measure:
    """The section without its thresholds. CardError for a filter or setting that does not exist or is missing."""
    chosen = load_filters(section.filters)
    parameters = {name: one.parameters for name, one in chosen.items()}
    return Measure(section.seed, section.code, parameters, {name: one.version for name, one in chosen.items()})


def measure_shard(section: Measure, cleaned: Snapshot, lineage: Lineage) -> Snapshot:
    """Stage the values of one shard of clean documents on a branch of `curated.values`."""
    rows = pl.DataFrame(lake.read(cleaned, columns_of(section.filters)))
    values = measure(rows, section.filters).sort("doc_id", "rule")
    return lake.stage(VALUES, values.to_arrow(), lineage, label="values")
