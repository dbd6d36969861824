"""Insults and slurs by the user's own word lists, and whom a list wrongs.

`words_file` is TOML: a table per group of people or kind of abuse, with `toxic` (words and phrases that are measured)
and `mentions` (neutral words for the group). Word lists reject clean texts that only speak of a group (Dodge et al.
2021, arXiv 2104.08758, section 5.3): `false_positives` says how often, by group.
Bound: max_hits_per_1000_words; C4's list is used with 0. No list comes with the factory.
"""

import re
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import polars as pl

from model_factory.cards.errors import CardError
from model_factory.curation.filters.batch import Batch
from model_factory.curation.filters.rule import Filter, Rule, Settings
from model_factory.nouns.home import checkout

REPORT_SCHEMA = pl.Schema(
    {"group": pl.String, "clean": pl.Int64, "rejected": pl.Int64, "false_positive_rate": pl.Float64}
)


def read_words(location: Path) -> dict[str, dict[str, list[str]]]:
    """group → "toxic" and "mentions" → words, in lower case; CardError for a group without them."""
    groups = tomllib.loads(location.read_text("utf-8"))
    for group, lists in groups.items():
        for kind in ("toxic", "mentions"):
            if not isinstance(lists, dict) or not isinstance(lists.get(kind), list):
                raise CardError(
                    f"{location.name}: [{group}] has no list {kind!r}; write `{kind} = []` where there is none"
                )
    return {
        group: {kind: [word.lower() for word in words] for kind, words in lists.items()}
        for group, lists in groups.items()
    }


def words_pattern(words: Sequence[str]) -> str:
    """Any of `words` standing alone, in any case."""
    return rf"(?i)\b(?:{'|'.join(map(re.escape, sorted(words)))})\b" if words else r"[^\s\S]"


def false_positives(
    documents: pl.DataFrame, rejected: pl.Series, words: Mapping[str, Mapping[str, Sequence[str]]]
) -> pl.DataFrame:
    """How often clean documents are rejected, by the group they mention; "(none)" for those that mention no group.

    `documents` has text and `toxic` (a person's label); `rejected` the filter's answer in the same order. Groups of
    which no clean document speaks have rate null: nothing is known of them. Rows are REPORT_SCHEMA.
    """
    clean = documents.select("text", rejected=rejected).filter(~documents["toxic"])
    spoken = {
        group: clean.filter(pl.col("text").str.contains(words_pattern(lists["mentions"])))
        for group, lists in sorted(words.items())
    }
    nobody = words_pattern([word for lists in words.values() for word in lists["mentions"]])
    spoken["(none)"] = clean.filter(~pl.col("text").str.contains(nobody))
    counts = [(group, len(rows), int(rows["rejected"].sum())) for group, rows in spoken.items()]
    rows = [(group, seen, wrong, wrong / seen if seen else None) for group, seen, wrong in counts]
    return pl.DataFrame(rows, schema=REPORT_SCHEMA, orient="row")


def _measure(documents: Batch, parameters: Settings) -> pl.DataFrame:
    words = read_words(Path(checkout(), parameters["words_file"]))
    pattern = words_pattern([word for lists in words.values() for word in lists["toxic"]])
    hits = documents["text"].str.count_matches(pattern).to_numpy()
    num_words = np.maximum(documents.words.lengths_D, 1)
    return pl.DataFrame({"toxicity": 1000.0 * hits / num_words})


FILTER = Filter(
    "1",
    (Rule("toxicity", "at_most", "max_hits_per_1000_words"),),
    _measure,
    parameters=("words_file",),
)
