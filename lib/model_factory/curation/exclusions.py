"""Sources that validation left out of what it published, and the blend without them."""

from collections.abc import Iterable
from dataclasses import replace

import polars as pl

from model_factory import lake
from model_factory.cards.errors import CardError
from model_factory.cards.pretrain import Amendment, Pretrain
from model_factory.curation.suites.failure import Failure
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
    """The section with the excluded sources of `documents` taken out of its blend and its amendments: shares are
    relative, so the others keep their proportions and make up the whole. CardError when no share is left."""
    excluded = set(exclusions_of(documents)["source"].to_list())
    if not excluded & {source for blend in (section, *section.amendments) for source in blend.blend}:
        return section
    return replace(
        section,
        blend=_without("pretrain.blend", section.blend, excluded),
        amendments=[_amended(number, one, excluded) for number, one in enumerate(section.amendments)],
    )


def _amended(number: int, amendment: Amendment, excluded: set[str]) -> Amendment:
    """A source that an amendment brings rows of is not the one that was left out."""
    gone = excluded - amendment.snapshots.keys()
    return replace(amendment, blend=_without(f"pretrain.amendments.{number}.blend", amendment.blend, gone))


def _without(field: str, blend: dict[str, float], excluded: set[str]) -> dict[str, float]:
    left = {source: share for source, share in blend.items() if source not in excluded}
    if sum(left.values()) <= 0:
        raise CardError(
            f"{field}: validation left out {', '.join(sorted(excluded))}, and no other source has a share; "
            "give one a share, or mend what failed (the run's Data Docs show it)"
        )
    return left
