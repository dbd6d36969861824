"""The bias report of the curated documents, and the strata by which the blend makes up for what it finds."""

import polars as pl

from model_factory import lake, ledger
from model_factory.cards.bias import Bias
from model_factory.curation.bias.asked import Asked, asked
from model_factory.curation.bias.count import Counts, added, count
from model_factory.curation.bias.odds import associations
from model_factory.curation.bias.page import page
from model_factory.curation.bias.representation import representation
from model_factory.curation.bias.strata import STRATA, strata
from model_factory.nouns import Lineage, Snapshot

GROUPS_TABLE = "bias.groups"
ASSOCIATIONS_TABLE = "bias.associations"
BATCH_DOCUMENTS = 2000


def stratify(section: Bias, documents: Snapshot, lineage: Lineage) -> Snapshot:
    """Publish `bias.groups` and `bias.associations` and show the report; give `bias.strata` where the card
    reweighs by an axis, else the documents as they came.

    Both tables hold counts of documents, never text beyond single words; a word that fewer than
    `min_documents` documents show is in none of them. CardError for what cannot be asked.
    """
    wanted = asked(section)
    rows = pl.DataFrame(lake.read(documents, ["doc_id", "source", "text"])).sort("doc_id")
    counts = counted(rows, wanted, section.window)
    groups = representation(
        counts.spoken,
        sorted(rows["source"].unique()),
        wanted.references,
        section.confidence,
        section.max_factor,
        section.min_group_documents,
    )
    found = associations(counts, section.min_documents, section.confidence)
    lake.write(GROUPS_TABLE, groups.to_arrow(), lineage)
    lake.write(ASSOCIATIONS_TABLE, found.to_arrow(), lineage)
    ledger.show("Bias", page(section, groups, found, wanted.sources))
    if not section.reweigh:
        return documents
    return lake.write(STRATA, strata(rows, counts.spoken, groups, section.reweigh).to_arrow(), lineage)


def counted(documents: pl.DataFrame, wanted: Asked, window: int) -> Counts:
    """The counts of all documents, batch by batch: the words of one batch are in memory at a time."""
    parts = []
    with ledger.progress(len(documents), "counting company", "documents") as progress:
        for batch in documents.iter_slices(BATCH_DOCUMENTS):
            parts.append(count(batch, wanted, window))
            progress.advance(len(batch))
    return added(parts)
