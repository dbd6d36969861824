"""Values compared with thresholds, duplicates chosen among what is kept: the candidate corpus."""

from collections import Counter

import polars as pl

from model_factory import lake, ledger
from model_factory.cards.curate import Curate
from model_factory.cards.errors import CardError
from model_factory.curation.clean import read_cleaned
from model_factory.curation.decontaminate.station import REASON as CONTAMINATED
from model_factory.curation.dedup.choose import choose
from model_factory.curation.dedup.find import ORDER, PAIRS_SCHEMA
from model_factory.curation.dedup.signatures import VERSION as SIGNATURES_VERSION
from model_factory.curation.dedup.urls import VERSION as URLS_VERSION
from model_factory.curation.filters.verdicts import judge
from model_factory.curation.report import DROP_COLUMNS, show_counts, show_drops
from model_factory.nouns import Lineage, Snapshot

DOCUMENTS = "curated.documents"
VERDICTS = "curated.verdicts"
SCRAP = "curated.scrap"
DUPLICATES = "curated.duplicates"
DOCUMENT_COLUMNS = ["doc_id", "source", "path", "licence", "origin", "language", "place", "text"]
SCRAP_COLUMNS = ["doc_id", "source", "path", "reason", "rule", "value", "threshold", "version"]


def curate(
    section: Curate,
    cleaned: list[Snapshot],
    values: list[Snapshot],
    pairs: Snapshot,
    contamination: Snapshot,
    lineage: Lineage,
) -> Snapshot:
    """Stage the documents that every filter keeps, that hold no item of a benchmark and repeat no other, on a branch of
    `curated.documents`.

    Publishes the verdicts, those of `contamination` among them, `curated.duplicates`, and `curated.scrap` with one row
    per rejected document: its first failed rule in the order of the filters, else the benchmark that it holds an item
    of, else the document it repeats. Raises CardError when nothing is left, ValueError when the shards of values are
    not those of the documents.
    """
    rows = read_cleaned(cleaned, DOCUMENT_COLUMNS)
    judged = _judged(section, rows, _all_values(cleaned, values), contamination)
    rejected = first_failures(judged, [*section.filters, CONTAMINATED])
    passed = rows.join(rejected, on="doc_id", how="anti", maintain_order="left")
    alike = pl.DataFrame(lake.read(pairs))
    repeated = choose(alike.select(PAIRS_SCHEMA.names()), passed.sort(*ORDER)["doc_id"])
    kept = passed.join(repeated, on="doc_id", how="anti", maintain_order="left")
    copies = _as_failures(repeated, alike)
    reasons = pl.concat([rejected, copies])
    scrap = rows.select("doc_id", "source", "path").join(reasons, on="doc_id", how="inner", maintain_order="left")
    _report(scrap, kept)
    show_drops(rows, pl.concat([judged.filter(~pl.col("kept")).select(DROP_COLUMNS), copies.select(DROP_COLUMNS)]))
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


def _all_values(cleaned: list[Snapshot], values: list[Snapshot]) -> pl.DataFrame:
    if len(cleaned) != len(values):
        raise ValueError(
            f"curate: {len(values)} shards of values for {len(cleaned)} of documents; measure every shard exactly once"
        )
    return pl.concat([pl.DataFrame(lake.read(shard)) for shard in values]).sort("doc_id", "rule")


def _judged(section: Curate, documents: pl.DataFrame, values: pl.DataFrame, contamination: Snapshot) -> pl.DataFrame:
    by_filters = judge(values, section.filters, documents.select("doc_id", "source"), section.domains)
    return pl.concat([by_filters, pl.DataFrame(lake.read(contamination, by_filters.columns))]).sort("doc_id", "rule")


def _as_failures(repeated: pl.DataFrame, alike: pl.DataFrame) -> pl.DataFrame:
    reached = alike.select("kind", "threshold").unique()
    return repeated.join(reached, on="kind", how="left", maintain_order="left").select(
        "doc_id",
        reason=pl.col("kind") + "_duplicate",
        rule=pl.lit("duplicates.") + pl.col("kind"),
        value=pl.col("similarity"),
        threshold=pl.col("threshold"),
        version=pl.when(pl.col("kind") == "url").then(pl.lit(URLS_VERSION)).otherwise(pl.lit(SIGNATURES_VERSION)),
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
