"""The bias report as a page: who is spoken of, in whose company which topics and words stand."""

import math
from collections.abc import Iterable, Sequence
from html import escape

import polars as pl

from model_factory.cards.bias import Bias
from model_factory.curation.bias.odds import ALL

# Words shown for each group and source, the surest first.
SHOWN = 12
_STYLE = """<style>
table { border-collapse: collapse; margin: 0.4em 0 1.4em } td, th { border: 1px solid #ccc; padding: 0.25em 0.6em }
td.n { text-align: right } .bar { display: inline-block; height: 0.7em; background: #4a7ab0 }
.under { color: #b03a2e; font-weight: 600 } .over { color: #1e6e42 } .sure { font-weight: 600 } .faint { color: #888 }
</style>"""
_HOW = (
    "A document is about the group of which it has most words; one with equally many of two is about none. Word lists "
    "see words, not people: they miss who is not named and count who is only quoted. An association says what stands "
    "near in these texts, not why."
)


def page(section: Bias, groups: pl.DataFrame, found: pl.DataFrame, sources: Sequence[str]) -> str:
    """The whole report; `groups` and `found` are rows of GROUPS and ASSOCIATIONS, `sources` say whose the lists are."""
    parts = [_STYLE, f"<p>{escape(_HOW)}</p>"]
    for axis in groups["axis"].unique().sort():
        mine, near = groups.filter(pl.col("axis") == axis), found.filter(pl.col("axis") == axis)
        parts += [f"<h2>{escape(axis)}</h2>", _representation(section, axis, mine)]
        parts += [_topics(section, near), _words(section, near)]
    parts += [f"<p>{escape(source)}</p>" for source in sources]
    return "".join(parts)


def strongest(found: pl.DataFrame, max_false_discovery: float) -> pl.DataFrame:
    """What is associated beyond chance with a group, the surest first: by the lower end of its interval."""
    drawn = found.filter((pl.col("low") > 0) & (pl.col("q_value") <= max_false_discovery))
    return drawn.sort("source", "axis", "group", pl.col("low"), "term", descending=[False, False, False, True, False])


def marked(row: dict[str, object]) -> str:
    """Whether a group's share is under or over its reference beyond its interval, or nobody of its axis is spoken of;
    else nothing."""
    reference, low, high = (float(str(row[name])) for name in ("reference", "low", "high"))
    if high - low >= 1:
        return "not spoken of"
    return "under" if high < reference else "over" if low > reference else ""


def _representation(section: Bias, axis: str, groups: pl.DataFrame) -> str:
    applied = "taken by the blend" if section.reweigh == axis else "not taken: bias.reweigh names another axis or none"
    head = ("source", "group", "documents", "mentions", "about it", "share", "interval", "reference", "", "factor")
    rows = []
    for row in groups.iter_rows(named=True):
        mark = marked(row)
        rows.append(
            (
                _left(row["source"]),
                _left(row["group"]),
                *(_number(f"{row[name]:,}") for name in ("documents", "mentions", "led")),
                f'<td><span class="bar" style="width:{100 * row["share"]:.0f}px"></span> {row["share"]:.1%}</td>',
                _number(f"{row['low']:.1%} – {row['high']:.1%}"),
                _number(f"{row['reference']:.1%}"),
                f'<td class="{mark if mark in ("under", "over") else "faint"}">{mark}</td>',
                _number(f"{row['factor']:.2f}" if row["led"] >= section.min_group_documents else "too few"),
            )
        )
    return f"<h3>Who is spoken of</h3><p>Factors are {escape(applied)}.</p>{_table(head, rows)}"


def _topics(section: Bias, near: pl.DataFrame) -> str:
    """A row per source and topic, a column per group: odds ratio against the other groups, with interval."""
    held = near.filter(pl.col("kind") == "topic")
    if held.is_empty():
        return ""
    names = held["group"].unique().sort().to_list()
    rows = []
    for (source, topic), of_it in held.sort("source", "term").group_by("source", "term", maintain_order=True):
        cells = {row["group"]: _odds(row, section.max_false_discovery) for row in of_it.iter_rows(named=True)}
        rows.append((_left(str(source)), _left(str(topic)), *(cells.get(name, "<td></td>") for name in names)))
    told = f"Odds ratio against the other groups, {section.confidence:.0%} interval, documents; in bold what is sure."
    return f"<h3>Topics</h3><p>{told}</p>{_table(('source', 'topic', *names), rows)}"


def _words(section: Bias, near: pl.DataFrame) -> str:
    words = near.filter(pl.col("kind") == "word")
    sure = strongest(words, section.max_false_discovery)
    rows = []
    for (source, group), of_it in sure.group_by("source", "group", maintain_order=True):
        told = ", ".join(
            f"{escape(row['term'])}&nbsp;×{math.exp(row['log_odds']):.1f}&nbsp;({row['near']})"
            for row in of_it.head(SHOWN).iter_rows(named=True)
        )
        more = len(of_it) - SHOWN
        rows.append((_left(str(source)), _left(str(group)), f"<td>{told}{f', … {more} more' if more > 0 else ''}</td>"))
    tested = words.filter(pl.col("source") == ALL)["term"].n_unique()
    told = (
        f"At most {section.window} words away, odds ratio and documents; of {tested:,} words tested over all sources, "
        f"at most {section.max_false_discovery:.0%} of these are chance."
    )
    shown = _table(("source", "group", "words"), rows) if rows else '<p class="faint">None beyond chance.</p>'
    return f"<h3>Company</h3><p>{told}</p>{shown}"


def _odds(row: dict[str, object], most: float) -> str:
    ratio, low, high = (math.exp(float(str(row[name]))) for name in ("log_odds", "low", "high"))
    sure = float(str(row["q_value"])) <= most
    text = f"{ratio:.2f} [{low:.2f}, {high:.2f}] {row['near']} of {row['of']}"
    return f'<td class="n {"sure" if sure else "faint"}">{text}</td>'


def _left(text: str) -> str:
    return f"<td>{escape(text)}</td>"


def _number(text: str) -> str:
    return f'<td class="n">{text}</td>'


def _table(head: Iterable[str], rows: Iterable[Sequence[str]]) -> str:
    titles = "".join(f"<th>{escape(title)}</th>" for title in head)
    body = "".join("<tr>" + "".join(row) + "</tr>" for row in rows)
    return f"<table><tr>{titles}</tr>{body}</table>"
