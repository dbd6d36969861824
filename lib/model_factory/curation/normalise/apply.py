"""A card's steps applied to documents, with an account of what they changed."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl

from model_factory.cards.errors import CardError
from model_factory.curation.normalise.registry import STEPS
from model_factory.curation.normalise.same_program import same_program
from model_factory.curation.normalise.step import Parameters, Step
from model_factory.curation.registry import load, suggest

CHANGE_SCHEMA = pl.Schema(
    {
        "doc_id": pl.String,
        "step": pl.String,
        "version": pl.String,
        "num_lines": pl.Int64,
        "num_chars": pl.Int64,
        "withheld": pl.Boolean,
    }
)
PROGRAMS = ("python",)


@dataclass(frozen=True)
class Normalised:
    """`documents` as they came in but for `text`. `changes` has a row per document and step that changed it
    (CHANGE_SCHEMA): how many lines are no longer there as they were, how many characters fewer there are,
    and whether the change was `withheld` because it would have changed a program."""

    documents: pl.DataFrame
    changes: pl.DataFrame


def normalise(documents: pl.DataFrame, steps: Mapping[str, Parameters]) -> Normalised:
    """Apply `steps` (name → parameters, in the card's order) to `documents` (doc_id, language, text, …).

    Only documents that a step suspects are touched; a program keeps a step's change only if it
    still parses to the same syntax tree. A text may come out empty. Raises CardError for a step
    that does not exist and for parameters unknown or missing.
    """
    changes = [pl.DataFrame(schema=CHANGE_SCHEMA)]
    for name, step in load_steps(steps).items():
        documents, changed = _apply(documents, name, step, steps[name])
        changes.append(changed)
    return Normalised(documents, pl.concat(changes))


def load_steps(steps: Mapping[str, Parameters]) -> dict[str, Step]:
    """The steps that a card names; CardError where it names them wrongly."""
    loaded = {name: load(STEPS, name, "clean.normalise") for name in steps}
    for name, step in loaded.items():
        _check_parameters(f"clean.normalise.{name}", steps[name], step.parameters)
    return loaded


def _apply(documents: pl.DataFrame, name: str, step: Step, parameters: Parameters) -> tuple[pl.DataFrame, pl.DataFrame]:
    places = _suspected(documents, step, parameters)
    suspects = documents.select("doc_id", "language", "text")[places]
    repaired = step.repair(suspects["text"], parameters)
    outcome = suspects.with_columns(repaired=repaired, place=places).filter(pl.col("text") != pl.col("repaired"))
    changes = pl.DataFrame([_change(name, step, *row) for row in outcome.iter_rows()], CHANGE_SCHEMA, orient="row")
    made = outcome.filter(~changes["withheld"])
    texts = documents["text"].scatter(made["place"], made["repaired"]) if len(made) else documents["text"]
    return documents.with_columns(texts.alias("text")), changes


def _suspected(documents: pl.DataFrame, step: Step, parameters: Parameters) -> pl.Series:
    """Where in `documents` those are that the step may repair."""
    rows = documents.select("language", "text").with_row_index("place")
    if step.prose:
        rows = rows.filter(~pl.col("language").is_in(PROGRAMS))
    if step.beyond_ascii:
        rows = rows.filter(pl.col("text").str.len_bytes() != pl.col("text").str.len_chars())
    return rows.filter(step.suspect(parameters))["place"]


def _change(name: str, step: Step, doc_id: str, language: str, before: str, after: str, _: int) -> tuple:
    withheld = language in PROGRAMS and not same_program(before, after)
    return doc_id, name, step.version, num_gone(before, after), len(before) - len(after), withheld


def num_gone(before: str, after: str) -> int:
    """How many lines of `before` are no lines of `after`; of equal ones as many as are fewer."""
    had, has = Counter(before.split("\n")), Counter(after.split("\n"))
    # Only lines that are not as often there as before are looked at one by one.
    return sum(max(number - has[line], 0) for line, number in had.items() - has.items())


def _check_parameters(field: str, written: Parameters, declared: tuple[str, ...]) -> None:
    for parameter in written:
        if parameter not in declared:
            raise CardError(f"{field}.{parameter}: no such parameter; {suggest(parameter, declared)}")
    for parameter in declared:
        if parameter not in written:
            raise CardError(f"{field}.{parameter}: missing; science has no defaults in code: write it in the card")
