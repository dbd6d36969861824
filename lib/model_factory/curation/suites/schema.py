"""The table has the columns and the types that its readers rely on, and no others."""

from dataclasses import dataclass

import polars as pl

from model_factory.cards.section import STRICT
from model_factory.cards.validate import ALL, Expectation
from model_factory.curation.suites.suite import Audited, Suite

ABSENT = "(absent)"
OTHERS = "(other columns)"


@dataclass(frozen=True)
class Schema:
    """`columns` maps every column to its type as polars writes it: String, Int64, List(String), …"""

    __pydantic_config__ = STRICT

    columns: dict[str, str]


def _measure(audited: Audited, settings: Schema) -> pl.DataFrame:
    held = {name: str(dtype) for name, dtype in audited.documents.collect_schema().items() if name != "group"}
    more = ", ".join(sorted(held.keys() - settings.columns.keys()))
    typed = {name: held.get(name, ABSENT) for name in settings.columns}
    return pl.DataFrame({"group": [ALL], OTHERS: [more], **{name: [dtype] for name, dtype in typed.items()}})


def _expectations(settings: Schema) -> list[Expectation]:
    asked = {OTHERS: "", **settings.columns}
    return [Expectation("expect_column_values_to_be_in_set", name, values=[dtype]) for name, dtype in asked.items()]


SUITE = Suite(Schema, _measure, _expectations, "mend the station that writes the table", whole=True)
