"""`factory bias`: whom the corpus speaks of and in which company, from the newest report."""

import math
import sys

import click

from model_factory.commands.answer import as_json, refusing, say


@click.command(help="The newest bias report: representation by source and group; with --words the company they keep.")
@click.option("--words", is_flag=True, help="Show what stands near each group more often than near the others.")
@click.option("--source", default="(all)", show_default=True, help="The source whose words are shown.")
@click.option("--top", default=10, show_default=True, type=click.IntRange(min=1), help="Words a group.")
@as_json
@refusing
def command(words: bool, source: str, top: int, as_json: bool) -> None:
    """Exit code 1 where a group is under-represented beyond its interval."""
    import polars as pl

    from model_factory import lake
    from model_factory.curation.bias.page import marked, strongest
    from model_factory.curation.bias.station import ASSOCIATIONS_TABLE, GROUPS_TABLE

    if GROUPS_TABLE not in lake.tables():
        raise LookupError("there is no bias report yet; run a card with a `bias` section")
    groups = pl.DataFrame(lake.read(lake.head(GROUPS_TABLE)))
    if words:
        found = strongest(
            pl.DataFrame(lake.read(lake.head(ASSOCIATIONS_TABLE))).filter(pl.col("source") == source), 1.0
        )
        shown = found.group_by("axis", "group", "kind", maintain_order=True).head(top)
        rows = [
            {
                **{name: row[name] for name in ("axis", "group", "kind", "term")},
                "near": f"{row['near']} of {row['of']}",
                "near others": f"{row['near_others']} of {row['of_others']}",
                "odds ratio": f"{math.exp(row['log_odds']):.2f}",
                "interval": f"{math.exp(row['low']):.2f}–{math.exp(row['high']):.2f}",
                "q": f"{row['q_value']:.2g}",
            }
            for row in shown.iter_rows(named=True)
        ]
        say(rows, as_json, f"Company in {source}")
        return
    rows = [
        {
            **{name: row[name] for name in ("source", "axis", "group", "documents", "led")},
            "share": f"{row['share']:.1%}",
            "interval": f"{row['low']:.1%}–{row['high']:.1%}",
            "reference": f"{row['reference']:.1%}",
            "represented": marked(row) or "as asked",
            "factor": f"{row['factor']:.2f}",
        }
        for row in groups.iter_rows(named=True)
    ]
    say(rows, as_json, "Who is spoken of")
    sys.exit(1 if any(row["represented"] == "under" for row in rows) else 0)
