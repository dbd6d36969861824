"""What a check of labels is."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl

from model_factory.cards.labels import Labels
from model_factory.nouns.program import Execution, Program

# Untrusted programs within the card's limits: the sandbox comes in as a callable.
Run = Callable[[Sequence[Program]], Sequence[Execution]]
SUSPECT_SCHEMA = pl.Schema({"place": pl.Int64, "what": pl.String, "given": pl.String, "found": pl.String})


@dataclass(frozen=True)
class Check:
    """`find(rows, settings, section, run)` gives the suspected rows of a table (SUSPECT_SCHEMA): the `place` of each
    (from 0), `what` its label is of, the label `given` and what was `found` instead. `settings` is the dataclass
    of what the card sets, `action` among it; `tables(settings)` names the tables that the check can judge.
    `version` moves whenever the same rows could be judged differently."""

    version: str
    settings: type
    tables: Callable[[Any], Sequence[str]]
    find: Callable[[pl.DataFrame, Any, Labels, Run], pl.DataFrame]


def suspects(rows: list[tuple[int, str, str, str]]) -> pl.DataFrame:
    return pl.DataFrame(rows, SUSPECT_SCHEMA, orient="row").sort("place")
