"""Values compared with thresholds, duplicates chosen among what is kept: the candidate corpus."""

from collections import Counter
from collections.abc import Iterator

import polars as pl

from model_factory import lake, ledger
from model_factory.cards.curate import Curate
from model_factory.cards.errors import CardError
from model_factory.curation.decontaminate.station import REASON as CONTAMINATED
from model_factory.curation.dedup.choose import choose
from model_factory.curation.dedup.find import PAIRS_SCHEMA
from model_factory.curation.dedup.signatures import VERSION as SIGNATURES_VERSION
from model_factory.curation.dedup.signed import ORDER
from model_factory.curation.dedup.urls import VERSION as URLS_VERSION
from model_factory.curation.filters.verdicts import VERDICT_SCHEMA
from model_factory.curation.frames import reader
from model_factory.curation.judged import Judged
from model_factory.curation.report import DROP_COLUMNS, show_counts, show_drops
from model_factory.nouns import Lineage, Snapshot

DOCUMENTS = "curated.documents"
VERDICTS = "curated.verdicts"
SCRAP = "curated.scrap"
DUPLICATES = "curated.duplicates"
NAMES = ["doc_id", "source", "path"]
DOCUMENT_COLUMNS = [*NAMES, "licence", "origin", "language", "place", "text"]
KEPT_SCHEMA = pl.Schema({**dict.fromkeys(DOCUMENT_COLUMNS, pl.String()), "place": pl.Int64(), "num_chars": pl.Int64()})
SCRAP_SCHEMA = pl.Schema(
    {
        **dict.fromkeys([*NAMES, "reason", "rule"], pl.String()),
        "value": pl.Float64(),
        "threshold": pl.Float64(),
        "version": pl.String(),
    }
)


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
    of, else the document it repeats. Shards are read piece by piece; of the documents that are alike the ids are in
    memory. Raises CardError when nothing is left, ValueError when the shards of values are not those of the documents.
    """
    judged = Judged(section, cleaned, values, contamination)
    alike = pl.DataFrame(lake.read(pairs))
    passed = _passed(judged, pl.concat([alike["doc_id"], alike["other_doc_id"]]).unique())
    repeated = choose(alike.select(PAIRS_SCHEMA.names()), passed.sort(*ORDER)["doc_id"])
    copies = _as_failures(repeated, alike)
    _report(section, judged, copies)
    lake.write(VERDICTS, reader((verdicts for _, verdicts in judged.pieces(NAMES)), VERDICT_SCHEMA.to_frame()), lineage)
    lake.write(DUPLICATES, repeated.to_arrow(), lineage)
    lake.write(SCRAP, reader(_scrap(section, judged, copies), SCRAP_SCHEMA.to_frame()), lineage)
    return lake.stage(DOCUMENTS, reader(_kept(judged, repeated), KEPT_SCHEMA.to_frame()), lineage)


def _passed(judged: Judged, concerned: pl.Series) -> pl.DataFrame:
    """The documents that every filter keeps, as far as they are among the `concerned`."""
    wanted = pl.col("doc_id").is_in(concerned.implode())
    parts = [
        rows.filter(wanted).join(_failed(verdicts), on="doc_id", how="anti") for rows, verdicts in judged.pieces(NAMES)
    ]
    return pl.concat([pl.DataFrame(schema=dict.fromkeys(NAMES, pl.String)), *parts])


def _scrap(section: Curate, judged: Judged, copies: pl.DataFrame) -> Iterator[pl.DataFrame]:
    """Piece by piece the documents that are left out, each with its reason."""
    for rows, verdicts in judged.pieces(NAMES):
        rejected = first_failures(verdicts, [*section.filters, CONTAMINATED])
        scrap = rows.join(pl.concat([rejected, copies]), on="doc_id", how="inner", maintain_order="left")
        yield scrap.select(SCRAP_SCHEMA.names()).cast(SCRAP_SCHEMA)


def _kept(judged: Judged, repeated: pl.DataFrame) -> Iterator[pl.DataFrame]:
    for rows, verdicts in judged.pieces(DOCUMENT_COLUMNS):
        passed = rows.join(_failed(verdicts), on="doc_id", how="anti", maintain_order="left")
        kept = passed.join(repeated, on="doc_id", how="anti", maintain_order="left")
        yield kept.with_columns(num_chars=pl.col("text").str.len_chars()).select(KEPT_SCHEMA.names()).cast(KEPT_SCHEMA)


def _failures(judged: Judged, copies: pl.DataFrame) -> Iterator[tuple[pl.DataFrame, pl.DataFrame]]:
    """Piece by piece the documents, and every rule that condemns one of them."""
    for rows, verdicts in judged.pieces([*NAMES, "text"]):
        of_rules = verdicts.filter(~pl.col("kept")).select(DROP_COLUMNS)
        of_copies = copies.join(rows, on="doc_id", how="semi").select(DROP_COLUMNS)
        yield rows, pl.concat([of_rules, of_copies])


def _failed(verdicts: pl.DataFrame) -> pl.DataFrame:
    return verdicts.filter(~pl.col("kept")).select("doc_id").unique()


def first_failures(judged: pl.DataFrame, filters: list[str]) -> pl.DataFrame:
    """One row per rejected document: the first failed rule, filters in the card's order, rules by name."""
    order = {name: place for place, name in enumerate(filters)}
    reason = pl.col("rule").str.split(".").list.first()
    failed = judged.filter(~pl.col("kept")).with_columns(reason=reason)
    place = pl.col("reason").replace_strict(order, return_dtype=pl.Int64)
    first = failed.sort(place, "rule", maintain_order=True).unique("doc_id", keep="first", maintain_order=True)
    return first.select("doc_id", "reason", "rule", "value", "threshold", "version")


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


def _report(section: Curate, judged: Judged, copies: pl.DataFrame) -> None:
    """Show what is dropped by source and rule. CardError where it is everything."""
    dropped: Counter[tuple[str, str]] = Counter()
    for scrap in _scrap(section, judged, copies):
        dropped.update(scrap.select("source", "rule").iter_rows())
    rules, sources = Counter[str](), Counter[str]()
    for (source, rule), count in dropped.items():
        rules[rule] += count
        sources[source] += count
    kept = judged.sources() - sources
    show_counts("Drop rates", dropped, kept)
    show_drops(_failures(judged, copies))
    _refuse_empty(rules, kept)
    ledger.log_metrics({f"dropped.{rule}": float(count) for rule, count in sorted(rules.items())}, step=0)


def _refuse_empty(rules: Counter[str], kept: Counter[str]) -> None:
    if not kept:
        counts = "; ".join(f"{rule} dropped {count}" for rule, count in rules.most_common())
        raise CardError(
            f"curate.filters: none of {rules.total()} documents is left: {counts}; loosen the threshold that drops "
            "most, or name other sources under ingest.sources"
        )
