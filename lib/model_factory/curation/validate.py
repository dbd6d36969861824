"""The audit of the candidate corpus: the card's expectations, checked by Great Expectations on the branch."""

from typing import Any

import polars as pl

from model_factory import lake, ledger
from model_factory.cards.errors import CardError
from model_factory.cards.validate import Expectation, Validate
from model_factory.curation.registry import suggest
from model_factory.nouns import Lineage, Snapshot


class ValidationFailed(RuntimeError):
    """A candidate does not meet its suite. The message has a line per failed expectation."""

    scrap_cause = "data"


def validate(section: Validate, candidate: Snapshot, lineage: Lineage) -> Snapshot:
    """Publish the candidate if it meets every expectation of the card.

    Else raises ValidationFailed naming the failed ones with what was observed: main stays as it was and
    the candidate on its branch. Data Docs go to the log book in both cases. CardError for an expectation
    or a column that does not exist. What is published is the candidate itself, with the lineage it was
    staged with: with `lineage`, its parent would have its own digest and no walk would end.
    """
    # Great Expectations takes five seconds to import; only this station pays for it.
    from model_factory.curation.data_docs import data_docs

    suite = [_expectation(place, asked) for place, asked in enumerate(section.suite)]
    result = _check(candidate, section, suite)
    ledger.show("Data Docs", data_docs(result))
    failures = [_failure(candidate, one) for one in result.results if not one.success]
    if failures:
        raise ValidationFailed(
            f"{candidate.table}@{candidate.snapshot_id} fails {len(failures)} of {len(suite)} expectations:\n"
            + "\n".join(f"  {failure}" for failure in failures)
            + f"\nmain is unchanged; the rows stay on branch {candidate.branch}. Look at them there, "
            "then correct `curate` or `validate.suite` in the card"
        )
    return lake.publish(candidate)


def _check(candidate: Snapshot, section: Validate, suite: list[Any]) -> Any:
    import great_expectations as gx
    from great_expectations.data_context.types.base import ProgressBarsConfig

    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = ProgressBarsConfig(globally=False, metric_calculations=False)
    source = context.data_sources.add_pandas("lake")
    asset = source.add_dataframe_asset(candidate.table).add_batch_definition_whole_dataframe(candidate.branch)
    batch = asset.get_batch({"dataframe": _columns(candidate, section)})
    return batch.validate(gx.ExpectationSuite(candidate.table, expectations=suite))


def _columns(candidate: Snapshot, section: Validate) -> Any:
    """The columns that the suite speaks of, as pandas; CardError names one that the table does not have."""
    held = lake.scan(candidate).collect_schema().names()
    for place, asked in enumerate(section.suite):
        if asked.column and asked.column not in held:
            cure = suggest(asked.column, held)
            raise CardError(f"validate.suite[{place}].column: {candidate.table} has no {asked.column!r}; {cure}")
    wanted = {asked.column for asked in section.suite if asked.column} | {"doc_id"}
    return pl.DataFrame(lake.read(candidate, sorted(wanted))).to_pandas()


def _expectation(place: int, asked: Expectation) -> Any:
    """The Great Expectations object of one line of the suite."""
    import great_expectations as gx

    known = {_snake(name): name for name in dir(gx.expectations) if name.startswith("Expect") and name != "Expectation"}
    if asked.expect not in known:
        raise CardError(f"validate.suite[{place}].expect: {asked.expect!r} is unknown; {suggest(asked.expect, known)}")
    made = getattr(gx.expectations, known[asked.expect])
    try:
        return made(**_arguments(place, asked, set(made.__fields__)))
    except (TypeError, ValueError) as error:
        raise CardError(f"validate.suite[{place}]: {asked.expect} does not accept these values: {error}") from None


def _arguments(place: int, asked: Expectation, accepted: set[str]) -> dict[str, Any]:
    """What the card sets, under the names that Great Expectations uses."""
    values = {"column": asked.column, "min_value": asked.min, "max_value": asked.max, "value_set": asked.values}
    values["mostly"] = asked.mostly if asked.mostly < 1 else None
    given = {name: value for name, value in values.items() if value not in ("", None, [])}
    for name in given:
        if name not in accepted:
            raise CardError(f"validate.suite[{place}]: {asked.expect} takes no {name}; leave it out")
    return given


def _failure(candidate: Snapshot, one: Any) -> str:
    """One failed expectation in words: its settings and what was observed."""
    settings = {key: value for key, value in one.expectation_config.kwargs.items() if key != "batch_id"}
    written = ", ".join(f"{key} {value}" for key, value in settings.items())
    if one.exception_info.get("raised_exception"):
        return f"{one.expectation_config.type}({written}): {one.exception_info['exception_message']}"
    found = one.result
    if "observed_value" in found:
        return f"{one.expectation_config.type}({written}): observed {found['observed_value']}"
    examples = ", ".join(repr(value)[:80] for value in found["partial_unexpected_list"][:3])
    share = f"{found['unexpected_count']} of {found['element_count']} rows"
    return f"{one.expectation_config.type}({written}): {share} disagree, for example {examples}"


def _snake(name: str) -> str:
    return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in name).removeprefix("_")
