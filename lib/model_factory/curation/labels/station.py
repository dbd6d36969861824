"""The station that checks labelled rows before they teach anything."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from html import escape
from typing import Any

import polars as pl

from model_factory import lake, ledger
from model_factory.cards.errors import CardError
from model_factory.cards.labels import Labels
from model_factory.cards.limits import Limits
from model_factory.cards.settings import settings_of
from model_factory.curation.labels.check import SUSPECT_SCHEMA, Check
from model_factory.curation.labels.registry import CHECKS
from model_factory.curation.registry import load
from model_factory.nouns import Lineage, Snapshot
from model_factory.nouns.program import Execution, Program

Execute = Callable[[Sequence[Program], Limits], Sequence[Execution]]
SUSPECTED = pl.Schema(
    {"doc_id": pl.String, "check": pl.String, "version": pl.String, "action": pl.String, **SUSPECT_SCHEMA}
)


def load_checks(section: Labels) -> dict[str, tuple[Check, Any]]:
    """The card's checks with their settings; CardError for one that is unknown, or a setting that is wrong."""
    checks: dict[str, Check] = {name: load(CHECKS, name, "labels.checks") for name in section.checks}
    return {
        name: (check, settings_of(f"labels.checks.{name}", check.settings, section.checks[name]))
        for name, check in checks.items()
    }


def check_labels(section: Labels, rows: Snapshot, lineage: Lineage, execute: Execute) -> Snapshot:
    """The rows of a table without those that a check of the card suspects and scraps; `rows` itself where that is none.

    What is suspected goes to `scrap.<table>` or `review.<table>`, as each check says; the scrapped stand in the
    lineage of what is published. CardError when nothing would be left.
    """
    checks = {name: one for name, one in load_checks(section).items() if rows.table in one[0].tables(one[1])}
    if not checks:
        return rows
    table = pl.DataFrame(lake.read(rows))
    found = pl.concat([_suspected(name, *one, table, section, execute) for name, one in checks.items()])
    _report(rows, found)
    flat = rows.table.replace(".", "_")
    scrap = found.filter(action="scrap")
    lake.write(f"review.{flat}", found.filter(action="review").drop("place").to_arrow(), lineage)
    written = lake.write(f"scrap.{flat}", scrap.drop("place").to_arrow(), lineage)
    kept = table.filter(~pl.int_range(pl.len()).is_in(scrap["place"].to_list()))
    if kept.is_empty():
        raise CardError(
            f"labels: all {len(table)} rows of {rows.table} are suspected; see scrap.{flat}, or set `review`"
        )
    if scrap.is_empty():
        return rows
    return lake.write(rows.table, kept.to_arrow(), replace(lineage, parents=[*lineage.parents, written.as_parent()]))


def _suspected(
    name: str, check: Check, settings: Any, table: pl.DataFrame, section: Labels, execute: Execute
) -> pl.DataFrame:
    found = check.find(table, settings, section, lambda programs: execute(programs, section.limits))
    ids = table.select(pl.int_range(pl.len()).alias("place"), "doc_id")
    named = {"check": name, "version": check.version, "action": settings.action}
    known = found.join(ids, on="place", how="left", maintain_order="left")
    return known.with_columns(**{key: pl.lit(value) for key, value in named.items()}).select(SUSPECTED.names())


def _report(rows: Snapshot, found: pl.DataFrame) -> None:
    columns = ["check", "action", "what", "given", "found"]
    head = "".join(f"<th>{name}</th>" for name in columns)
    shown = found.select(columns).head(50).rows()
    body = "".join("<tr>" + "".join(f"<td><code>{escape(cell)}</code></td>" for cell in row) + "</tr>" for row in shown)
    counts = f"{len(found)} of {rows.num_rows} rows of {rows.table} are suspected"
    ledger.show(f"Labels of {rows.table}", f"<p>{counts}</p><table border=1><tr>{head}</tr>{body}</table>")
    for action in ("scrap", "review"):
        ledger.log_metrics({f"{rows.table}.{action}": float(len(found.filter(action=action)))}, step=0)
