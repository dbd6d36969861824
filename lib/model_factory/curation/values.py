"""What filters measure of documents, kept apart from what a card makes of it."""

from model_factory import lake
from model_factory.cards.curate import Curate, Measure
from model_factory.curation.filters.load import load_filters
from model_factory.curation.filters.measure import VALUE_SCHEMA, columns_of, measure
from model_factory.curation.frames import frames, reader
from model_factory.nouns import Lineage, Snapshot

VALUES = "curated.values"
TEXT_PART = 8  # of the memory: beside a text there are its words and n-grams


def measured_part(section: Curate) -> Measure:
    """The section without its thresholds. CardError for a filter or setting that does not exist or is missing."""
    chosen = load_filters(section.filters)
    parameters = {name: one.parameters for name, one in chosen.items()}
    versions = {name: one.version for name, one in chosen.items()}
    return Measure(section.seed, section.code, parameters, versions, memory_bytes=section.memory_bytes)


def measure_shard(section: Measure, cleaned: Snapshot, lineage: Lineage) -> Snapshot:
    """Stage the values of one shard of clean documents on a branch of `curated.values`."""
    rows = frames(cleaned, columns_of(section.filters), section.memory_bytes // TEXT_PART)
    made = (measure(some, section.filters).sort("doc_id", "rule") for some in rows)
    return lake.stage(VALUES, reader(made, VALUE_SCHEMA.to_frame()), lineage, label="values")
