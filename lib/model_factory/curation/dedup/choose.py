"""Which documents are left out: a pure function of pairs and of the documents that the filters keep."""

from collections import defaultdict

import polars as pl

LEFT_OUT_SCHEMA = pl.Schema(
    {"doc_id": pl.String, "kept_doc_id": pl.String, "kind": pl.String, "similarity": pl.Float64}
)


def choose(pairs: pl.DataFrame, documents: pl.Series) -> pl.DataFrame:
    """Walk `documents` (ids, the preferred first) and leave out each that repeats one kept so far.

    `pairs` (doc_id, other_doc_id, kind, similarity) may name documents that are not among `documents`: equality of
    texts or of URLs holds through absent ones, and a near pair of two texts for all texts equal to them. Near pairs
    are never chained: a document is left out only for a kept one whose similarity to it was computed (in connected
    components small differences add up). Gives LEFT_OUT_SCHEMA with the most similar kept document, the preferred
    of equals, sorted by doc_id.
    """
    concerned = pl.concat([pairs["doc_id"], pairs["other_doc_id"]]).unique()
    text_of, url_of = _first_of_kind(pairs, "exact"), _first_of_kind(pairs, "url")
    near = _neighbours(pairs, text_of)
    kept_for_text: dict[str, tuple[int, str]] = {}
    kept_for_url: dict[str, str] = {}
    rows = []
    walked: list[str] = documents.filter(documents.is_in(concerned.implode())).to_list()
    for place, document in enumerate(walked):
        text, url = text_of.get(document, document), url_of.get(document, document)
        similar = [(-value, *kept_for_text[other]) for other, value in near[text] if other in kept_for_text]
        if text in kept_for_text:
            rows.append((document, kept_for_text[text][1], "exact", 1.0))
        elif url in kept_for_url:
            rows.append((document, kept_for_url[url], "url", 1.0))
        elif similar:
            value, _, kept = min(similar)
            rows.append((document, kept, "near", -value))
        else:
            kept_for_text[text] = (place, document)
            kept_for_url[url] = document
    return pl.DataFrame(rows, schema=LEFT_OUT_SCHEMA, orient="row").sort("doc_id")


def _first_of_kind(pairs: pl.DataFrame, kind: str) -> dict[str, str]:
    """One name for all documents that pairs of `kind` connect: equality is transitive, chains are right here."""
    parent: dict[str, str] = {}

    def root(document: str) -> str:
        while (above := parent.setdefault(document, document)) != document:
            parent[document] = parent[above]
            document = above
        return document

    equal = pairs.filter(pl.col("kind") == kind)
    for left, right in equal.select("doc_id", "other_doc_id").iter_rows():
        first, second = sorted((root(left), root(right)))
        parent[second] = first
    return {document: root(document) for document in list(parent)}


def _neighbours(pairs: pl.DataFrame, text_of: dict[str, str]) -> dict[str, list[tuple[str, float]]]:
    near: dict[str, list[tuple[str, float]]] = defaultdict(list)
    rows: list[tuple[str, str, float]] = pairs.filter(pl.col("kind") == "near").drop("kind").rows()
    for left, right, value in rows:
        first, second = text_of.get(left, left), text_of.get(right, right)
        near[first].append((second, value))
        near[second].append((first, value))
    return near
