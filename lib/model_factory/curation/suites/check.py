"""Great Expectations at work: a frame against expectations, what failed in words, and the Data Docs."""

import math
from dataclasses import dataclass, field
from functools import cached_property
from html import escape
from typing import Any

import polars as pl

from model_factory.cards.errors import CardError
from model_factory.cards.validate import ALL, Expectation
from model_factory.curation.data_docs import data_docs
from model_factory.curation.registry import suggest
from model_factory.curation.suites.failure import Failure


@dataclass
class Audit:
    """Every check of one validation so far: how many expectations, what failed, and the page that shows it all."""

    num_expectations: int = 0
    failures: list[Failure] = field(default_factory=list)
    pages: list[str] = field(default_factory=list)

    def check(self, title: str, frame: pl.DataFrame, suite: list[tuple[str, Expectation]], cure: str) -> None:
        """Check `frame` against expectations, each with the field of the card that asks for it. Rows with a column
        `group` fail for their group, everything else for the whole table."""
        made = [_expectation(place, one) for place, one in suite]
        by_group = "group" in frame.columns
        shown = {"result_format": "COMPLETE", "unexpected_index_column_names": ["group"]} if by_group else "SUMMARY"
        result = self._batch(title, frame).validate(_suite(title, made), result_format=shown)
        self.num_expectations += len(made)
        self.pages.append(f"<h2>{escape(title)}</h2>{_table(frame) if by_group else ''}{data_docs(result)}")
        name = title.partition(" ")[0]
        self.failures += [failure for one in result.results for failure in _failures(name, one, cure)]

    def _batch(self, title: str, frame: pl.DataFrame) -> Any:
        asset = self._source.add_dataframe_asset(f"{title} {len(self.pages)}").add_batch_definition_whole_dataframe(
            "it"
        )
        return asset.get_batch({"dataframe": frame.to_pandas()})

    @cached_property
    def _source(self) -> Any:
        # Great Expectations takes five seconds to import; only this station pays for it.
        import great_expectations as gx
        from great_expectations.data_context.types.base import ProgressBarsConfig

        context = gx.get_context(mode="ephemeral")
        context.variables.progress_bars = ProgressBarsConfig(globally=False, metric_calculations=False)
        return context.data_sources.add_pandas("lake")


def _suite(title: str, expectations: list[Any]) -> Any:
    import great_expectations as gx

    return gx.ExpectationSuite(title, expectations=expectations)


def _expectation(place: str, asked: Expectation) -> Any:
    """The Great Expectations object of one expectation of the card."""
    import great_expectations as gx

    known = {_snake(name): name for name in dir(gx.expectations) if name.startswith("Expect") and name != "Expectation"}
    if asked.expect not in known:
        raise CardError(f"{place}.expect: {asked.expect!r} is unknown; {suggest(asked.expect, known)}")
    made = getattr(gx.expectations, known[asked.expect])
    try:
        return made(**_arguments(place, asked, set(made.__fields__)))
    except (TypeError, ValueError) as error:
        raise CardError(f"{place}: {asked.expect} does not accept these values: {error}") from None


def _arguments(place: str, asked: Expectation, accepted: set[str]) -> dict[str, Any]:
    """What the card sets, under the names that Great Expectations uses."""
    values = {"column": asked.column, "min_value": asked.min, "max_value": asked.max, "value_set": asked.values}
    values["mostly"] = asked.mostly if asked.mostly < 1 else None
    given = {name: value for name, value in values.items() if value not in ("", None, [])}
    for name in given:
        if name not in accepted:
            raise CardError(f"{place}: {asked.expect} takes no {name}; leave it out")
    return given


def _failures(suite: str, one: Any, cure: str) -> list[Failure]:
    """A failed expectation in words: its settings and what was observed, by group where rows have one."""
    if one.success:
        return []
    settings = {key: value for key, value in one.expectation_config.kwargs.items() if key != "batch_id"}
    threshold, found = ", ".join(f"{key} {value}" for key, value in settings.items()), one.result
    kind = one.expectation_config.type
    rows = (found or {}).get("unexpected_index_list")
    if rows and "group" in rows[0]:
        column = settings["column"]
        seen = [(row["group"], f"observed {_number(row[column])}") for row in rows]
        return [Failure(group, suite, kind, threshold, observed, cure) for group, observed in seen]
    return [Failure(ALL, suite, kind, threshold, _observed(one), cure)]


def _observed(one: Any) -> str:
    if one.exception_info.get("raised_exception"):
        return str(one.exception_info["exception_message"])
    if "observed_value" in one.result:
        return f"observed {one.result['observed_value']}"
    examples = ", ".join(repr(value)[:80] for value in one.result["partial_unexpected_list"][:3])
    return f"{one.result['unexpected_count']} of {one.result['element_count']} rows disagree, for example {examples}"


def _number(value: Any) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def _table(frame: pl.DataFrame) -> str:
    """The figures that are checked, a row a group."""
    head = "".join(f"<th>{escape(name)}</th>" for name in frame.columns)
    rows = [[_cell(value) for value in row] for row in frame.sort("group").rows()]
    body = "".join("<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>" for row in rows)
    return f'<table border="1" cellpadding="4"><tr>{head}</tr>{body}</table>'


def _cell(value: Any) -> str:
    return "–" if value is None or (isinstance(value, float) and math.isnan(value)) else _number(value)


def _snake(name: str) -> str:
    return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in name).removeprefix("_")
