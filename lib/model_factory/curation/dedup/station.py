"""The station that finds what says the same thing twice."""

import polars as pl

from model_factory import lake
from model_factory.cards.deduplicate import Deduplicate
from model_factory.curation.clean import read_cleaned
from model_factory.curation.dedup.find import find
from model_factory.curation.dedup.urls import url_pairs
from model_factory.nouns import Lineage, Snapshot

PAIRS = "curated.pairs"


def find_pairs(section: Deduplicate, cleaned: list[Snapshot], lineage: Lineage) -> Snapshot:
    """Publish `curated.pairs`: every pair of documents that are equal, nearly equal and compared in full, or one page
    of the web, with the `threshold` that it reached."""
    documents = read_cleaned(cleaned, ["doc_id", "source", "path", "text"])
    pairs = find(documents, section.near, section.seed).pairs
    if section.url:
        pairs = pl.concat([pairs, url_pairs(read_cleaned(cleaned, ["doc_id", "source", "path", "url"]), section.url)])
    reached = pl.when(pl.col("kind") == "near").then(section.near.threshold).otherwise(1.0)
    return lake.write(PAIRS, pairs.with_columns(threshold=reached).to_arrow(), lineage)
