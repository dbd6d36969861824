"""Preferences that contradict each other: of two answers to one prompt each is preferred to the other, an answer is
preferred to itself, or a circle of preferences has no best answer.

Where a pair was judged both ways, the rarer judgement is suspected, both where they are as frequent. Of what remains,
every preference inside a circle is suspected (a strongly connected component of the graph of answers): which one is
wrong cannot be told from the circle alone.
"""

from dataclasses import dataclass

import numpy as np
import polars as pl
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components

from model_factory.cards.errors import CardError
from model_factory.cards.labels import Action, Labels
from model_factory.cards.section import STRICT
from model_factory.curation.labels.check import Check, Run, suspects

COLUMNS = ["prompt", "chosen", "rejected"]


@dataclass(frozen=True)
class Preferences:
    """Rows of `table` say of a `prompt` which answer was `chosen` over which `rejected` one."""

    __pydantic_config__ = STRICT

    action: Action
    table: str


def _find(rows: pl.DataFrame, settings: Preferences, section: Labels, run: Run) -> pl.DataFrame:
    missing = [column for column in COLUMNS if column not in rows.columns]
    if missing:
        raise CardError(f"labels.checks.preferences: {settings.table} has no column {missing[0]!r}; name another table")
    judged = rows.select(pl.int_range(pl.len()).alias("place"), *COLUMNS)
    reasons = {place: "the same answer" for place in judged.filter(pl.col("chosen") == pl.col("rejected"))["place"]}
    reasons |= {place: "the opposite" for place in _outvoted(judged.filter(~pl.col("place").is_in(list(reasons))))}
    rest = judged.filter(~pl.col("place").is_in(list(reasons)))
    reasons |= {place: "a circle" for place in _circular(rest)}
    given = {place: (prompt, chosen) for place, prompt, chosen, _ in judged.rows()}
    return suspects([(place, given[place][0][:200], given[place][1][:200], why) for place, why in reasons.items()])


def _outvoted(judged: pl.DataFrame) -> list[int]:
    """Of pairs that were judged both ways, the places of the judgement that is not the more frequent one."""
    votes = judged.group_by(COLUMNS).agg("place", num=pl.len())
    opposite = votes.select("prompt", chosen="rejected", rejected="chosen", against="num")
    return (
        votes.join(opposite, on=COLUMNS).filter(pl.col("num") <= pl.col("against")).explode("place")["place"].to_list()
    )


def _circular(judged: pl.DataFrame) -> list[int]:
    """The places of preferences between answers that can be reached from each other."""
    answers = pl.concat([judged.select("prompt", answer=column) for column in ("chosen", "rejected")]).unique()
    numbers = answers.with_row_index("number")
    ends = [
        judged.select("prompt", answer=column).join(numbers, on=["prompt", "answer"], how="left", maintain_order="left")
        for column in ("chosen", "rejected")
    ]
    chosen, rejected = (end["number"].to_numpy() for end in ends)
    graph = csr_array((np.ones(len(judged)), (chosen, rejected)), shape=(len(numbers), len(numbers)))
    _, component = connected_components(graph, directed=True, connection="strong")
    return judged["place"].to_numpy()[component[chosen] == component[rejected]].tolist()


CHECK = Check("1", Preferences, lambda settings: (settings.table,), _find)
