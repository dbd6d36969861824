"""Counting: which documents speak of which group, and what stands near.

The unit is a document's talk of a group: a document counts once for a group and once for a word near it, however
often it says either, so that one long text makes no association by itself.
D documents, T words of all documents in a row.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from model_factory.curation.bias.asked import Asked
from model_factory.curation.vocabulary import Words, words_of

SPOKEN = pl.Schema(
    {"doc_id": pl.String, "source": pl.String, "axis": pl.String, "group": pl.String, "mentions": pl.Int64}
)
NEAR = pl.Schema(
    {"source": pl.String, "axis": pl.String, "group": pl.String, "kind": pl.String, "term": pl.String, "near": pl.Int64}
)


@dataclass(frozen=True)
class Counts:
    """`spoken`: a row per document and group it speaks of, with how often (SPOKEN). `near`: in how many documents of a
    source a term (`kind` word or topic) stands near words of a group (NEAR)."""

    spoken: pl.DataFrame
    near: pl.DataFrame


def count(documents: pl.DataFrame, asked: Asked, window: int) -> Counts:
    """Count in documents (doc_id, source, text). Group words of the axis are no company of each other."""
    words = words_of(documents["text"])
    spoken, near = [SPOKEN.to_frame()], [NEAR.to_frame()]
    topics = {name: _marked(words, terms) for name, terms in asked.topics.items()}
    for axis, groups in asked.axes.items():
        found = {group: mentions(words, terms) for group, terms in groups.items()}
        own_T = np.any([covered_T for _, covered_T in found.values()], axis=0)
        for group, (starts_T, covered_T) in found.items():
            counts_D = np.bincount(words.document_T[starts_T], minlength=len(documents))
            said = documents.select("doc_id", "source").with_columns(mentions=pl.Series(counts_D, dtype=pl.Int64))
            spoken.append(_named(said.filter(pl.col("mentions") > 0), axis, group, SPOKEN))
            near_T = within(words, covered_T, window) & ~own_T
            near += [_named(one, axis, group, NEAR) for one in _near(words, documents["source"], near_T, topics)]
    return Counts(pl.concat(spoken), _summed(near))


def added(parts: Sequence[Counts]) -> Counts:
    """The counts of all parts together; no document may be in two of them."""
    return Counts(pl.concat([part.spoken for part in parts]), _summed([part.near for part in parts]))


def mentions(words: Words, terms: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
    """(starts_T, covered_T): where one of the terms begins, and which words are part of one."""
    starts_T = _marked(words, [term for term in terms if " " not in term])
    covered_T = starts_T.copy()
    for phrase in (term.split() for term in terms if " " in term):
        codes = words.codes_of(phrase)
        begins_T = np.ones(len(words.codes_T), dtype=bool)
        for place, word in enumerate(phrase):
            begins_T &= _shifted(words.codes_T, place, -1) == codes.get(word, -2)
            begins_T &= _shifted(words.document_T, place, -1) == words.document_T
        starts_T |= begins_T
        for place in range(len(phrase)):
            covered_T[np.flatnonzero(begins_T) + place] = True
    return starts_T, covered_T


def within(words: Words, marked_T: np.ndarray, window: int) -> np.ndarray:
    """Which words stand at most `window` words from a marked one of the same document."""
    at = np.flatnonzero(marked_T)
    first_T, last_T = words.bounds_T
    edges = np.zeros(len(marked_T) + 1, dtype=np.int64)
    np.add.at(edges, np.maximum(at - window, first_T[at]), 1)
    np.add.at(edges, np.minimum(at + window + 1, last_T[at]), -1)
    return np.cumsum(edges[:-1]) > 0


def _near(words: Words, sources: pl.Series, near_T: np.ndarray, topics: Mapping[str, np.ndarray]) -> list[pl.DataFrame]:
    """source, kind, term, near: of every word, and of every topic."""
    documents, codes = words.pairs(near_T)
    rows = pl.DataFrame({"source": sources.gather(documents), "term": words.vocabulary.gather(codes)})
    parts = [rows.with_columns(kind=pl.lit("word"))]
    for name, topic_T in topics.items():
        held = np.unique(words.document_T[near_T & topic_T])
        parts.append(
            pl.DataFrame({"source": sources.gather(held)}).with_columns(term=pl.lit(name), kind=pl.lit("topic"))
        )
    return [part.group_by("source", "kind", "term").agg(near=pl.len().cast(pl.Int64)) for part in parts]


def _marked(words: Words, terms: Sequence[str]) -> np.ndarray:
    wanted_V = np.zeros(len(words.vocabulary) + 1, dtype=bool)
    wanted_V[list(words.codes_of(terms).values())] = True
    return wanted_V[words.codes_T]


def _shifted(values_T: np.ndarray, by: int, beyond: int) -> np.ndarray:
    """Element t is element t + `by`; `beyond` past the end."""
    return np.concatenate([values_T[by:].astype(np.int64), np.full(min(by, len(values_T)), beyond)])


def _named(rows: pl.DataFrame, axis: str, group: str, schema: pl.Schema) -> pl.DataFrame:
    return rows.with_columns(axis=pl.lit(axis), group=pl.lit(group)).select(schema.names()).cast(schema)


def _summed(parts: Sequence[pl.DataFrame]) -> pl.DataFrame:
    return pl.concat(parts).group_by(NEAR.names()[:-1]).agg(pl.col("near").sum())
