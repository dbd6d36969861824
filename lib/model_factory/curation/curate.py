"""Verdicts and duplicates joined into the candidate corpus."""

from collections import Counter

import polars as pl
import pyarrow as pa

from model_factory import lake, ledger
from model_factory.cards.curate import Curate
from model_factory.cards.errors import CardError
from model_factory.curation.dedup import duplicates as dedup
from model_factory.curation.report import show_counts
from model_factory.curation.shards import VERDICTS
from model_factory.nouns import Lineage, Snapshot

DOCUMENTS = "curated.documents"
SCRAP = "curated.scrap"
DUPLICATES = "curated.duplicates"
DOCUMENT_COLUMNS = ["doc_id", "source", "path", "licence", "origin", "language", "text"]
SCRAP_COLUMNS = ["doc_id", "source", "path", "reason", "rule", "value", "threshold", "version"]


def curate(section: Curate, documents: Snapshot, verdicts: list[Snapshot], lineage: Lineage) -> Snapshot:
    """Stage the documents that every filter keeps and that repeat no other, on a branch of `curated.documents`.

    Publishes the verdicts of all shards, `curated.duplicates`, and `curated.scrap` with one row per rejected
    document: its first failed rule in the card's order, else the document it repeats. Raises CardError
    when nothing is left, ValueError when a shard's verdicts are missing.
    """
    rows = pl.DataFrame(lake.read(documents, DOCUMENT_COLUMNS))
    judged = _all_verdicts(section, verdicts)
    rejected = first_failures(judged, list(section.filters))
    passed = rows.join(rejected, on="doc_id", how="anti", maintain_order="left")
    repeated = dedup.duplicates(passed, section.near_duplicates, section.seed)
    kept = passed.join(repeated, on="doc_id", how="anti", maintain_order="left")
    reasons = pl.concat([rejected, _as_failures(repeated, section.near_duplicates.threshold)])
    scrap = rows.select("doc_id", "source", "path").join(reasons, on="doc_id", how="inner", maintain_order="left")
    _report(scrap, kept)
    _refuse_empty(scrap, kept)
    lake.write(VERDICTS, judged.to_arrow(), lineage)
    lake.write(DUPLICATES, repeated.to_arrow(), lineage)
    lake.write(SCRAP, scrap.select(SCRAP_COLUMNS).to_arrow(), lineage)
    return lake.stage(DOCUMENTS, kept.with_columns(num_chars=pl.col("text").str.len_chars()).to_arrow(), lineage)


def first_failures(judged: pl.DataFrame, filters: list[str]) -> pl.DataFrame:
    """One row per rejected document: the first failed rule, filters in the card's order, rules by name."""
    order = {name: place for place, name in enumerate(filters)}
    reason = pl.col("rule").str.split(".").list.first()
    failed = judged.filter(~pl.col("kept")).with_columns(reason=reason)
    place = pl.col("reason").replace_strict(order, return_dtype=pl.Int64)
    first = failed.sort(place, "rule", maintain_order=True).unique("doc_id", keep="first", maintain_order=True)
    return first.select("doc_id", "reason", "rule", "value", "threshold", "version")


def _all_verdicts(section: Curate, verdicts: list[Snapshot]) -> pl.DataFrame:
    if len(verdicts) != section.num_shards:
        raise ValueError(
            f"curate: {len(verdicts)} shards of verdicts, curate.num_shards is {section.num_shards}; "
            "judge every shard of plan_shards exactly once"
        )
    return pl.DataFrame(pa.concat_tables([lake.read(shard) for shard in verdicts])).sort("doc_id", "rule")


def _as_failures(repeated: pl.DataFrame, threshold: float) -> pl.DataFrame:
    exact = pl.col("kind") == "exact"
    return repeated.select(
        "doc_id",
        reason=pl.col("kind") + "_duplicate",
        rule=pl.lit("duplicates.") + pl.col("kind"),
        value=pl.col("similarity"),
        threshold=pl.when(exact).then(1.0).otherwise(threshold),
        version=pl.lit(dedup.VERSION),
    )


def _report(scrap: pl.DataFrame, kept: pl.DataFrame) -> None:
    show_counts("Drop rates", scrap.select("source", "rule").rows(), kept["source"])
    counts = Counter(scrap["rule"].to_list())
    ledger.log_metrics({f"dropped.{rule}": float(count) for rule, count in sorted(counts.items())}, step=0)


def _refuse_empty(scrap: pl.DataFrame, kept: pl.DataFrame) -> None:
    if kept.is_empty():
        counts = "; ".join(f"{rule} dropped {count}" for rule, count in Counter(scrap["rule"].to_list()).most_common())
        raise CardError(
            f"curate.filters: none of {len(scrap)} documents is left: {counts}; loosen the threshold that drops most, "
            "or name other sources under ingest.sources"
        )
