"""Gaps filled: rows that a model made from the corpus, each proved, each with its recipe."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from html import escape
from typing import Any

import polars as pl
import pyarrow as pa

from model_factory import lake, ledger
from model_factory.blender.tokenizer import load_encoder
from model_factory.cards.synthesis import Synthesis
from model_factory.curation.synthesis.attempts import attempt
from model_factory.curation.synthesis.orders import Order, orders
from model_factory.curation.synthesis.programs import Execute
from model_factory.curation.synthesis.recipes.recipe import Seed, rank
from model_factory.nouns import Checkpoint, Lineage, Snapshot
from model_factory.nouns.engine import Engine

ROWS = "synthesis.rows"
SCRAP = "synthesis.scrap"
_MADE = ("row_id", "doc_id", "recipe", "version", "checkpoint", "language", "source", "category")
SCHEMA = pa.schema(
    {
        **dict.fromkeys((*_MADE, "prompt", "answer", "text", "verified"), pa.string()),
        "seed": pa.int64(),
        "synthetic": pa.bool_(),
    }
)
_LEFT = ("row_id", "doc_id", "recipe", "version", "checkpoint", "language", "category", "prompt", "answer")
SCRAP_SCHEMA = pa.schema({**dict.fromkeys((*_LEFT, "reason", "detail"), pa.string()), "seed": pa.int64()})
REPEATS = "repeats another row"
Row = dict[str, Any]


def fill(
    section: Synthesis,
    documents: Snapshot,
    categories: Snapshot,
    gaps: Snapshot,
    checkpoint: Checkpoint,
    lineage: Lineage,
    engine: Engine,
    execute: Execute,
) -> Snapshot:
    """Publish `synthesis.rows`: what the gaps lack, made by the card's recipes from documents of the same category and
    language, and `synthesis.scrap`: every attempt that came to nothing, with its reason.

    `doc_id` is the seed document's, `source` the one that lacks the row. Fewer rows than wanted where seeds or
    attempts run out; the report says how many. Both tables are the same whether a run went through or was stopped and
    called again. CardError for a recipe or setting that does not exist.
    """
    asked = orders(section.recipes, pl.DataFrame(lake.read(gaps)), section.max_rows)
    pools = _pools(documents, categories, asked, section.seed)
    encoder = load_encoder(checkpoint.tokenizer)
    made: list[Row] = []
    left: list[Row] = []
    seen: set[str] = set()
    tried: list[tuple[Order, int, int]] = []
    with ledger.progress(sum(order.num_wanted for order in asked), "synthesis", "rows") as progress:
        for order, pool in zip(asked, pools, strict=True):
            rows: list[Row] = []
            num_tried = 0
            for seeds in _batches(section, order, pool):
                num_tried += len(seeds)
                for row in attempt(section, order, seeds, checkpoint, encoder, engine, execute):
                    if row["reason"] or row["text"] in seen:
                        left.append(row if row["reason"] else row | {"reason": REPEATS})
                    elif len(rows) < order.num_wanted:
                        seen.add(str(row["text"]))
                        rows.append(row)
                        progress.advance()
                if len(rows) >= order.num_wanted:
                    break
            made += _assigned(order, rows)
            tried.append((order, num_tried, len(rows)))
    _report(tried, left)
    lake.write(SCRAP, _table(left, SCRAP_SCHEMA), lineage)
    return lake.write(ROWS, _table(made, SCHEMA), lineage)


def _pools(documents: Snapshot, categories: Snapshot, asked: Sequence[Order], seed: int) -> list[list[Seed]]:
    """For every order the documents of its category and language, in an order drawn by `seed` and recipe."""
    placed = pl.DataFrame(lake.read(categories, ["doc_id", "language", "coarse"]))
    texts = pl.DataFrame(lake.read(documents, ["doc_id", "path", "text"]))
    wanted = pl.DataFrame(
        [(order.language, order.coarse) for order in asked],
        schema={"language": pl.String, "coarse": pl.Int64},
        orient="row",
    ).unique()
    rows = placed.join(wanted, on=["language", "coarse"]).join(texts, on="doc_id")
    pools = []
    for order in asked:
        mine = rows.filter((pl.col("language") == order.language) & (pl.col("coarse") == order.coarse))
        seeds = [Seed(*row) for row in mine.select("doc_id", "path", "text").iter_rows()]
        pools.append(sorted(seeds, key=lambda one: rank(seed, order.name, one.doc_id)))
    return pools


def _batches(section: Synthesis, order: Order, pool: Sequence[Seed]) -> Iterator[Sequence[Seed]]:
    """Whole batches of the pool, as many as the order may try. Where they begin depends on the pool alone, so that who
    wants more rows gets those of before and more."""
    most = order.num_wanted * section.max_attempts
    for start in range(0, len(pool), section.batch_size):
        if start < most:
            yield pool[start : start + section.batch_size]


def _assigned(order: Order, rows: Sequence[Row]) -> list[Row]:
    """The rows, each given to a source that lacks one: in turn, so that all get some where there are too few."""
    left = dict(sorted(order.wanted.items()))
    given: list[Row] = []
    while len(given) < len(rows):
        for source in [name for name, count in left.items() if count]:
            if len(given) < len(rows):
                given.append(rows[len(given)] | {"source": source, "synthetic": True})
                left[source] -= 1
    return given


def _table(rows: Sequence[Row], schema: pa.Schema) -> pa.Table:
    return pa.Table.from_pylist([{name: row[name] for name in schema.names} for row in rows], schema)


def _report(tried: Sequence[tuple[Order, int, int]], left: Sequence[Mapping[str, Any]]) -> None:
    """Show what was wanted, tried and made, and why the rest was not."""
    head = ("recipe", "language", "category", "wanted", "tried", "made")
    rows = [(one.name, one.language, one.category, one.num_wanted, num, made) for one, num, made in tried]
    reasons = Counter((row["recipe"], row["reason"]) for row in left)
    ledger.show("Synthesis", _html(head, rows) + _html(("recipe", "rejected", "rows"), _counted(reasons)))
    counts = Counter(row["reason"].replace(" ", "_") for row in left)
    metrics = {f"rejected.{reason}": float(count) for reason, count in sorted(counts.items())}
    metrics |= {"wanted": float(sum(row[3] for row in rows)), "made": float(sum(row[5] for row in rows))}
    ledger.log_metrics(metrics, step=0)


def _counted(reasons: Counter[tuple[str, str]]) -> list[tuple[str, str, int]]:
    return [(recipe, reason, count) for (recipe, reason), count in sorted(reasons.items())]


def _html(head: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    titles = "".join(f"<th>{escape(title)}</th>" for title in head)
    body = "".join("<tr>" + "".join(f"<td>{escape(str(cell))}</td>" for cell in row) + "</tr>" for row in rows)
    return f'<table border="1" cellpadding="4"><tr>{titles}</tr>{body}</table>'
