"""Runs of words that stand elsewhere already, whatever the documents around them.

A suffix array over words, after Lee et al. 2022 (Deduplicating Training Data Makes Language Models Better), who use
bytes. Here all occurrences but the first go, and the document that had it first is named. Shapes: T words of all
suspects in a row, with a symbol of its own after each document; F flagged starts of repeated runs.
"""

from dataclasses import dataclass

import numpy as np
import polars as pl
from pydivsufsort import divsufsort, kasai

from model_factory.cards.deduplicate import RepeatedSubstrings
from model_factory.curation.dedup.located import LocatedWords, located_words
from model_factory.curation.dedup.spans import SPANS_SCHEMA
from model_factory.curation.dedup.windows import windows


@dataclass(frozen=True)
class _Row:
    """Words of many documents as numbers: `symbols_T`, and which document and which of its words each is."""

    symbols_T: np.ndarray
    document_T: np.ndarray
    word_T: np.ndarray


def repeated_substrings(documents: pl.DataFrame, settings: RepeatedSubstrings) -> pl.DataFrame:
    """Every maximal stretch of words that `min_words` at a time occurred before, as SPANS_SCHEMA, sorted.

    `documents` (doc_id, text): those that are kept, the preferred first; a run stays where it stands first. What
    repeats itself within its own length (a word a hundred times) is left to the filters up to that length. Only
    documents with a window that occurs twice enter the suffix array, which takes about 60 bytes for each of their
    words.
    """
    suspects = documents.gather(_with_repeats(documents["text"], settings.min_words))
    words = located_words(suspects["text"])
    row = _row(words)
    starts_F, firsts_F = _repeats(row.symbols_T, settings.min_words)
    begins = np.flatnonzero(np.diff(starts_F, prepend=-settings.min_words - 1) > settings.min_words)
    ends_F = starts_F[np.append(begins[1:], len(starts_F)) - 1] + settings.min_words - 1 if len(starts_F) else starts_F
    begin_F = starts_F[begins]
    names = suspects["doc_id"]
    spans = {
        "doc_id": names.gather(row.document_T[begin_F]),
        "other_doc_id": names.gather(row.document_T[firsts_F[begins]]),
        "kind": ["substring"] * len(begins),
        "start_byte": words.starts_T[row.word_T[begin_F]],
        "end_byte": words.ends_T[row.word_T[ends_F]],
    }
    return pl.DataFrame(spans, schema=SPANS_SCHEMA).sort("doc_id", "start_byte")


def _with_repeats(texts: pl.Series, min_words: int) -> np.ndarray:
    """The documents that hold a window of `min_words` words which occurs more than once."""
    found = windows(texts, min_words)
    order = np.argsort(found.hashes)
    same = found.hashes[order[1:]] == found.hashes[order[:-1]]
    repeated = np.zeros(len(order), dtype=bool)
    repeated[order[1:][same]] = repeated[order[:-1][same]] = True
    places = np.searchsorted(found.offsets, np.flatnonzero(repeated), side="right") - 1
    return np.unique(places)


def _row(words: LocatedWords) -> _Row:
    """A document's words, then a symbol that occurs once: no run reaches from one document into the next."""
    num_documents = len(words.firsts_D) - 1
    distinct, symbols = np.unique(words.hashes_T, return_inverse=True)
    lengths_D = np.diff(words.firsts_D)
    document_T = np.repeat(np.arange(num_documents), lengths_D + 1)
    word_T = np.arange(len(document_T)) - document_T
    last_T = np.cumsum(lengths_D + 1) - 1
    symbols_T = np.zeros(len(document_T), dtype=np.uint32)
    symbols_T[np.delete(np.arange(len(document_T)), last_T)] = symbols
    symbols_T[last_T] = len(distinct) + np.arange(num_documents)
    return _Row(symbols_T, document_T, word_T)


def _repeats(symbols_T: np.ndarray, min_words: int) -> tuple[np.ndarray, np.ndarray]:
    """Where a run of `min_words` symbols starts that has started before, in order, and where it did first."""
    if len(symbols_T) < 2:
        return np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64)
    suffixes_T = divsufsort(symbols_T)
    common = np.asarray(kasai(symbols_T, suffixes_T))[: len(suffixes_T) - 1]
    suffixes_T = np.asarray(suffixes_T).astype(np.int64)
    groups = np.flatnonzero(np.concatenate([[True], common < min_words]))
    sizes = np.diff(groups, append=len(suffixes_T))
    firsts_T = np.repeat(np.minimum.reduceat(suffixes_T, groups), sizes)
    flagged = suffixes_T - firsts_T >= min_words
    order = np.argsort(suffixes_T[flagged])
    return suffixes_T[flagged][order], firsts_T[flagged][order]
