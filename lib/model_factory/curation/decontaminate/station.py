"""The stations that keep out of training what the model will be asked."""

import polars as pl

from model_factory import lake, ledger
from model_factory.cards.decontaminate import Decontaminate, Matching, Overlap
from model_factory.curation.clean import read_cleaned
from model_factory.curation.decontaminate.index import build_index
from model_factory.curation.decontaminate.match import MATCHES_SCHEMA, VERSION, shared_items
from model_factory.curation.filters.verdicts import VERDICT_SCHEMA
from model_factory.curation.frames import frames
from model_factory.curation.report import table_html
from model_factory.nouns import Lineage, Snapshot, digest_of

OVERLAPS = "curated.overlaps"
CONTAMINATION = "curated.contamination"
REASON = "contamination"
TEXT_PART = 8  # of the memory: texts and their n-grams
VERSIONS_SCHEMA = pl.Schema({"benchmark": pl.String, "version": pl.String})


def match_shard(section: Matching, cleaned: Snapshot, benchmarks: Snapshot, lineage: Lineage) -> Snapshot:
    """Stage the items of benchmarks that one shard of documents holds n-grams of, on a branch of `curated.overlaps`:
    which document, which item, what share of it."""
    matches = [MATCHES_SCHEMA.to_frame()]
    if section.overlap:
        index = build_index(_items(benchmarks), section.overlap)
        documents = frames(cleaned, ["doc_id", "text"], section.memory_bytes // TEXT_PART)
        matches += [shared_items(rows, index) for rows in documents]
    versions = _versions(benchmarks, section.overlap)
    named = pl.concat(matches).join(versions, on="benchmark", how="left", maintain_order="left")
    return lake.stage(OVERLAPS, named.to_arrow(), lineage, label="overlaps")


def decontaminate(
    section: Decontaminate, cleaned: list[Snapshot], benchmarks: Snapshot, overlaps: list[Snapshot], lineage: Lineage
) -> Snapshot:
    """Publish `curated.contamination`: a verdict `contamination.<benchmark>` for every document, on the largest share
    that it holds of an item; 0 where it holds none. No text is read here.

    Raises ValueError when shards are missing or the shares are of other items or n-grams than the card's.
    """
    if len(cleaned) != len(overlaps):
        raise ValueError(
            f"decontaminate: {len(overlaps)} shards of overlaps for {len(cleaned)} of documents; match every shard "
            "exactly once"
        )
    versions = _versions(benchmarks, section.overlap)
    matches = pl.concat([pl.DataFrame(lake.read(shard)) for shard in overlaps])
    _refuse_stale(matches, versions)
    documents = read_cleaned(cleaned, ["doc_id", "source", "path"])
    found = verdicts(documents["doc_id"], matches, versions, section.min_share)
    ledger.show("Decontamination", _page(section, found, matches.join(documents, on="doc_id"), benchmarks))
    return lake.write(CONTAMINATION, found.to_arrow(), lineage)


def verdicts(documents: pl.Series, matches: pl.DataFrame, versions: pl.DataFrame, min_share: float) -> pl.DataFrame:
    """VERDICT_SCHEMA, a row for each of `documents` (ids) and each benchmark of `versions`, sorted: kept while the
    largest share of an item is below `min_share`."""
    largest = matches.group_by("doc_id", "benchmark").agg(value=pl.col("overlap").max())
    asked = documents.to_frame("doc_id").join(versions, how="cross")
    found = asked.join(largest, on=["doc_id", "benchmark"], how="left").with_columns(
        rule=pl.lit(f"{REASON}.") + pl.col("benchmark"),
        value=pl.col("value").fill_null(0.0),
        threshold=pl.lit(min_share),
    )
    judged = found.with_columns(kept=pl.col("value") < pl.col("threshold"))
    return judged.select(VERDICT_SCHEMA.names()).cast(VERDICT_SCHEMA).sort("doc_id", "rule")  # type: ignore[arg-type]


def _items(benchmarks: Snapshot) -> pl.DataFrame:
    return pl.DataFrame(lake.read(benchmarks, ["benchmark", "doc_id", "text"])).rename({"doc_id": "item"})


def _versions(benchmarks: Snapshot, overlap: Overlap | None) -> pl.DataFrame:
    """VERSIONS_SCHEMA: each benchmark with a version that moves with its texts, the n-grams and the search; none where
    nothing is looked for."""
    if overlap is None:
        return VERSIONS_SCHEMA.to_frame()
    rows = pl.DataFrame(lake.read(benchmarks, ["benchmark", "digest"]))
    texts = rows.group_by("benchmark").agg(pl.col("digest").sort()).sort("benchmark")
    versions = [(name, f"{VERSION}-{digest_of([overlap, digests])[:12]}") for name, digests in texts.iter_rows()]
    return pl.DataFrame(versions, schema=VERSIONS_SCHEMA, orient="row")


def _refuse_stale(matches: pl.DataFrame, versions: pl.DataFrame) -> None:
    stale = matches.join(versions, on=["benchmark", "version"], how="anti")
    if len(stale):
        benchmark, version = stale.select("benchmark", "version").row(0)
        raise ValueError(
            f"decontaminate: {len(stale)} shares are not of the card's items and n-grams, the first of benchmark "
            f"{benchmark!r}, version {version!r}; match the documents with this card first"
        )


def _page(section: Decontaminate, found: pl.DataFrame, matches: pl.DataFrame, benchmarks: Snapshot) -> str:
    """By benchmark: items, those too short to be looked for, documents that share words with one, documents condemned;
    then the documents that hold most."""
    if section.overlap is None:
        return "<p>decontaminate.overlap is null: nothing was looked for</p>"
    items = _items(benchmarks)
    columns = [
        items.group_by("benchmark").agg(items=pl.col("item").n_unique()),
        build_index(items, section.overlap).too_short.group_by("benchmark").agg(too_short=pl.len()),
        matches.group_by("benchmark").agg(documents=pl.col("doc_id").n_unique()),
        found.filter(~pl.col("kept"))
        .group_by(benchmark=pl.col("rule").str.strip_prefix(f"{REASON}."))
        .agg(condemned=pl.len()),
    ]
    table = columns[0]
    for column in columns[1:]:
        table = table.join(column, on="benchmark", how="left")
    most = matches.sort("overlap", "doc_id", "item", descending=[True, False, False]).head(20)
    named = most.select("source", "path", "benchmark", "item", "overlap", "num_ngrams", "doc_id")
    return table_html(table.fill_null(0).sort("benchmark")) + table_html(named)
