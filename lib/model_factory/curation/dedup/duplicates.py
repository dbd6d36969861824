"""Which documents are left out as duplicates, and of which document."""

import polars as pl

from model_factory.cards.deduplicate import NearDuplicates
from model_factory.curation.dedup.choose import choose
from model_factory.curation.dedup.find import find
from model_factory.curation.dedup.signed import ORDER

# Moves whenever the same documents could give other duplicates.
VERSION = "2"


def duplicates(documents: pl.DataFrame, settings: NearDuplicates, seed: int) -> pl.DataFrame:
    """The documents to leave out, as LEFT_OUT_SCHEMA, from `documents` (doc_id, source, path, text).

    Of equal documents the first by (source, path, doc_id) is kept; a near duplicate is left out only for a document
    that is itself kept and whose exact similarity reaches the threshold.
    """
    return choose(find(documents, settings, seed).pairs, documents.sort(*ORDER)["doc_id"])
