"""The drop-rate table: what came in, what was left out, by source and reason."""

from collections import Counter
from collections.abc import Iterable
from html import escape

from model_factory import ledger


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
