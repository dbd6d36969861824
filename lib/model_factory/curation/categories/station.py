"""Every document's category, and the gaps between what there is and what there should be."""

from collections.abc import Callable, Sequence
from html import escape

import numpy as np
import polars as pl

from model_factory import lake, ledger
from model_factory.cards.categories import Categories
from model_factory.curation.categories.cluster import clusters
from model_factory.curation.categories.gaps import gaps
from model_factory.curation.categories.name import names
from model_factory.curation.categories.registry import EMBEDDINGS
from model_factory.curation.registry import load
from model_factory.nouns import Lineage, Snapshot

CATEGORIES = "categories.documents"
CLUSTERS = "categories.clusters"
GAPS = "categories.gaps"
NUM_TERMS = 4
# Texts to one row of numbers each: rooms of one level do not import each other.
Embed = Callable[[Sequence[str]], np.ndarray]


def categorise(section: Categories, documents: Snapshot, lineage: Lineage, embed: Embed | None = None) -> Snapshot:
    """Publish `categories.documents` (doc_id, language, source, coarse, fine, distance) and `categories.clusters`
    (coarse, fine, name, documents). The same whatever order the documents are stored in. CardError for an
    embedding that does not exist or lacks its model."""
    rows = pl.DataFrame(lake.read(documents, ["doc_id", "language", "source", "text"])).sort("doc_id")
    points = load(EMBEDDINGS, section.embedding, "categories.embedding")(section, rows["text"].to_list(), embed)
    found = clusters(section, points)
    placed = rows.select("doc_id", "language", "source").with_columns(
        coarse=pl.Series(found.coarse_D), fine=pl.Series(found.fine_D), distance=pl.Series(found.distance_D)
    )
    named = _named(placed, rows["text"].str.slice(0, section.max_chars))
    lake.write(CLUSTERS, named.to_arrow(), lineage)
    ledger.show("Categories", _page(named))
    return lake.write(CATEGORIES, placed.to_arrow(), lineage)


def find_gaps(section: Categories, categories: Snapshot, lineage: Lineage) -> Snapshot:
    """Publish `categories.gaps` from the categories and their names, which were written with them."""
    placed = pl.DataFrame(lake.read(categories, ["language", "source", "coarse"]))
    beside = [one for one in lake.history(CLUSTERS) if one.lineage == categories.lineage][-1]
    coarse = pl.DataFrame(lake.read(beside, row_filter="fine = -1")).select("coarse", category="name")
    found = gaps(placed.join(coarse, on="coarse"), section.references, section.tolerance)
    lacking = found.filter(pl.col("missing") > 0).sort("missing", descending=True)
    ledger.show("Gaps", _table(lacking))
    ledger.log_metrics({"missing_documents": float(lacking["missing"].sum()), "gaps": float(len(lacking))}, step=0)
    return lake.write(GAPS, found.to_arrow(), lineage)


def _named(placed: pl.DataFrame, texts: pl.Series) -> pl.DataFrame:
    """coarse, fine, name, documents: a row per cluster; `fine` is -1 where the coarse one is meant."""
    divided = placed.select("coarse", "fine")
    whole = divided.with_columns(fine=pl.lit(-1, dtype=pl.Int64))
    both = pl.concat([_told(whole, texts), _told(divided, texts)])
    return both.group_by("coarse", "fine", "name").agg(documents=pl.len().cast(pl.Int64)).sort("coarse", "fine")


def _told(labels: pl.DataFrame, texts: pl.Series) -> pl.DataFrame:
    """coarse, fine and the name of the cluster that they are, for every document."""
    coarse_D, fine_D = labels["coarse"].to_numpy(), labels["fine"].to_numpy()
    label_D = coarse_D * (fine_D.max() + 2) + fine_D + 1
    told = names(texts, label_D, NUM_TERMS)
    return labels.with_columns(name=pl.Series([told[label] for label in label_D.tolist()], dtype=pl.String))


def _page(named: pl.DataFrame) -> str:
    parts = []
    for row in named.iter_rows(named=True):
        tag = "h3" if row["fine"] < 0 else "p"
        parts.append(f"<{tag}>{escape(row['name'])} ({row['documents']:,})</{tag}>")
    return "".join(parts)


def _table(rows: pl.DataFrame) -> str:
    head = "".join(f"<th>{escape(name)}</th>" for name in rows.columns)
    body = "".join("<tr>" + "".join(f"<td>{escape(str(value))}</td>" for value in row) + "</tr>" for row in rows.rows())
    return f'<table border="1" cellpadding="4"><tr>{head}</tr>{body}</table>'
