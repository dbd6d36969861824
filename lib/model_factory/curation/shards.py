"""Documents judged in shards, so that a cluster can judge them side by side."""

import polars as pl

from model_factory import lake
from model_factory.cards.curate import Curate
from model_factory.cards.errors import CardError
from model_factory.curation.buckets import NUM_BUCKETS, buckets_of
from model_factory.curation.filters.judge import judge, load_filters
from model_factory.nouns import Lineage, Snapshot

VERDICTS = "curated.verdicts"


def plan_shards(section: Curate, documents: Snapshot) -> list[int]:
    """The shards to judge. CardError for a filter or threshold that does not exist, before any work is done."""
    if section.num_shards > NUM_BUCKETS:
        raise CardError(f"curate.num_shards: {section.num_shards} is above {NUM_BUCKETS}; use at most {NUM_BUCKETS}")
    load_filters(section.filters)
    return list(range(section.num_shards))


def judge_shard(section: Curate, documents: Snapshot, shard: int, lineage: Lineage) -> Snapshot:
    """Stage one shard's verdicts on a branch `shard-…` of `curated.verdicts`.

    Every shard has a branch of its own, so that shards never wait for each other and a shard that is
    judged again finds what it made before.
    """
    first, end = buckets_of(shard, section.num_shards)
    columns = ["doc_id", "language", "text"]
    rows = lake.read(documents, columns, row_filter=f"shard >= {first} and shard < {end}")
    verdicts = judge(pl.DataFrame(rows), section.filters).sort("doc_id", "rule")
    return lake.stage(VERDICTS, verdicts.to_arrow(), lineage, label=f"shard-{shard}")
