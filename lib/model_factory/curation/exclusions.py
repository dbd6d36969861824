"""Sources that validation left out of what it published, and the blend without them."""

from collections.abc import Iterable
from dataclasses import replace

import polars as pl

from model_factory import lake
from model_factory.cards.errors import CardError
from model_factory.cards.pretrain import Pretrain
from model_factory.curation.suites.check import Failure
from model_factory.nouns import Lineage, Snapshot

EXCLUSIONS = "curated.exclusions"
SCHEMA = pl.Schema(
    {
        "source": pl.String,
        "suite": pl.String,
        "expectation": pl.String,
        "threshold": pl.String,
        "observed": pl.String,
        "cure": pl.String,
        "num_documents": pl.Int64,
    }
)


def write_exclusions(failures: Iterable[Failure], num_documents: dict[str, int], lineage: Lineage) -> Snapshot:
    """Keep why sources were left out: a row for each expectation that one did not meet."""
    rows = [
        (one.group, one.suite, one.expectation, one.threshold, one.observed, one.cure, num_documents[one.group])
        for one in failures
    ]
    return lake.write(EXCLUSIONS, pl.DataFrame(rows, SCHEMA, orient="row").to_arrow(), lineage)


def exclusions_of(documents: Snapshot) -> pl.DataFrame:
    """What was left out of published documents and why (SCHEMA), as their lineage says; without rows where nothing
    was. SnapshotGone if the reasons are no longer in the lake."""
    reasons = [parent for parent in documents.lineage.parents if parent.name == EXCLUSIONS]
    tables = [pl.DataFrame(lake.read(lake.find(parent.uri))) for parent in reasons]
    return pl.concat([pl.DataFrame(schema=SCHEMA), *tables])


def admitted(section: Pretrain, documents: Snapshot) -> Pretrain:
    """The section with the excluded sources of `documents` taken out of its blend: shares are relative, so the others
    keep their proportions and make up the whole. CardError when no share is left."""
    excluded = exclusions_of(documents)["source"].to_list()
    blend = {source: share for source, share in section.blend.items() if source not in excluded}
    if sum(blend.values()) <= 0:
        raise CardError(
            f"pretrain.blend: validation left out {', '.join(sorted(set(excluded)))}, and no other source has a share; "
            "give one a share, or mend what failed (the run's Data Docs show it)"
        )
    return section if len(blend) == len(section.blend) else replace(section, blend=blend)
