"""What came in and what was left out: by source and reason, and for every rule the documents that it condemns."""

import sys
from collections import Counter
from collections.abc import Iterable
from html import escape
from typing import Any

import polars as pl

from model_factory import ledger

# A rule that condemns more than this share of a source is probably not made for it.
LARGEST_SHARE = 0.5
NUM_SAMPLES = 3
SAMPLE_CHARS = 160
DROP_COLUMNS = ["doc_id", "rule", "value", "threshold"]


def show_counts(title: str, dropped: Iterable[tuple[str, str]], kept: Iterable[str]) -> None:
    """Show a page with a row per source: documents in, dropped by reason with share, kept.

    `dropped` holds (source, reason) and `kept` the source of every document.
    """
    ledger.show(title, counts_html(Counter(dropped), Counter(kept)))


def counts_html(dropped: Counter[tuple[str, str]], kept: Counter[str]) -> str:
    """The table as HTML; the last row sums over sources."""
    reasons = sorted({reason for _, reason in dropped})
    sources = sorted({source for source, _ in dropped} | set(kept))
    rows = [_row(source, [dropped[source, reason] for reason in reasons], kept[source]) for source in sources]
    sums = [sum(dropped[source, reason] for source in sources) for reason in reasons]
    rows.append(_row("all", sums, kept.total()))
    head = "".join(f"<th>{escape(name)}</th>" for name in ("source", "in", *reasons, "kept"))
    return f'<table border="1" cellpadding="4"><tr>{head}</tr>{"".join(rows)}</table>'


def _row(source: str, drops: list[int], kept: int) -> str:
    total = sum(drops) + kept
    cells = [escape(source), f"{total:,}", *(_share(count, total) for count in drops), _share(kept, total)]
    return "<tr>" + "".join(f"<td>{cell}</td>" for cell in cells) + "</tr>"


def _share(count: int, total: int) -> str:
    return f"{count:,} ({count / total:.1%})" if count else "–"


def table_html(rows: pl.DataFrame) -> str:
    """A frame as HTML, columns by their names."""
    lines = [rows.columns, *rows.iter_rows()]
    body = "".join("<tr>" + "".join(f"<td>{escape(_cell(cell))}</td>" for cell in line) + "</tr>" for line in lines)
    return f'<table border="1" cellpadding="4">{body}</table>'


def _cell(value: Any) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def show_drops(pieces: Iterable[tuple[pl.DataFrame, pl.DataFrame]]) -> None:
    """Show a page with a row for every source and rule that condemns some of its documents, samples included, and say
    aloud which rule condemns more than LARGEST_SHARE of a source.

    A piece is documents (doc_id, source, path, text) by doc_id and their failures (DROP_COLUMNS): every rule that a
    document fails, not only the first, so that a rule behind a stricter one is seen too.
    """
    rows = drops(pieces)
    ledger.show("Drops", drops_html(rows))
    for source, rule, count, total in rows.select("source", "rule", "condemned", "documents").iter_rows():
        if count > LARGEST_SHARE * total:
            print(
                f"curate: {rule} condemns {count} of {total} documents of source {source!r}; look at the samples on "
                "the page Drops: a filter's bounds for one source stand under curate.domains",
                file=sys.stderr,
                flush=True,
            )


def drops(pieces: Iterable[tuple[pl.DataFrame, pl.DataFrame]]) -> pl.DataFrame:
    """A row for each source and rule, the largest share first: `condemned` of its `documents`, `alone` those that no
    other rule condemns, and `samples`: the first by doc_id, which is a random choice that stays the same."""
    found = [(_counted(*piece), piece[0].group_by("source").agg(documents=pl.len())) for piece in pieces]
    sums = [pl.col("condemned").sum(), pl.col("alone").sum()]
    samples = pl.col("samples").explode().head(NUM_SAMPLES)
    counted = pl.concat(one for one, _ in found).group_by("source", "rule", maintain_order=True).agg(*sums, samples)
    totals = pl.concat(one for _, one in found).group_by("source").agg(pl.col("documents").sum())
    shares = counted.join(totals, on="source").with_columns(share=pl.col("condemned") / pl.col("documents"))
    return shares.sort("share", "source", "rule", descending=[True, False, False])


def _counted(documents: pl.DataFrame, failures: pl.DataFrame) -> pl.DataFrame:
    """Of one piece the counts and samples by source and rule."""
    alone = pl.col("rule").count().over("doc_id") == 1
    start = pl.col("text").str.strip_chars().str.slice(0, SAMPLE_CHARS)
    named = documents.join(failures, on="doc_id", how="semi").select("doc_id", "source", "path", start=start)
    failed = failures.with_columns(alone=alone).join(named, on="doc_id").sort("doc_id")
    sample = pl.struct("doc_id", "path", "value", "threshold", "start").head(NUM_SAMPLES)
    return failed.group_by("source", "rule").agg(condemned=pl.len(), alone=pl.col("alone").sum(), samples=sample)


def drops_html(rows: pl.DataFrame) -> str:
    """The table as HTML. Every sample carries its doc_id, by which the page can be found again."""
    head = "".join(
        f"<th>{name}</th>" for name in ("source", "rule", "documents", "condemned", "by it alone", "samples")
    )
    body = "".join(_drop(row) for row in rows.iter_rows(named=True))
    return f'<table border="1" cellpadding="4"><tr>{head}</tr>{body}</table>'


def _drop(row: dict[str, Any]) -> str:
    samples = "".join(_sample(row["source"], sample) for sample in row["samples"])
    condemned, alone = (_share(row[name], row["documents"]) for name in ("condemned", "alone"))
    cells = [escape(row["source"]), escape(row["rule"]), f"{row['documents']:,}", condemned, alone, samples]
    return "<tr>" + "".join(f"<td>{cell}</td>" for cell in cells) + "</tr>"


def _sample(source: str, sample: dict[str, Any]) -> str:
    bound = "" if sample["threshold"] is None else f", bound {sample['threshold']:g}"
    place = f"{source}:{sample['path']} ({sample['value']:g}{bound}) {sample['doc_id']}"
    return f"<p><b>{escape(place)}</b><br><code>{escape(sample['start'])}</code></p>"
