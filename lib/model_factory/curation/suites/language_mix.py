"""Which languages a source is written in, by characters: a mix is about what a model reads."""

from dataclasses import dataclass

import polars as pl

from model_factory.cards.section import STRICT
from model_factory.cards.validate import Bounds, Expectation
from model_factory.curation.suites.suite import Audited, Suite, within


@dataclass(frozen=True)
class LanguageMix:
    """`shares` maps a language ("python", "text") to its share of the characters, from 0 to 1."""

    __pydantic_config__ = STRICT

    shares: dict[str, Bounds]


def _measure(audited: Audited, settings: LanguageMix) -> pl.DataFrame:
    size = pl.col("num_chars")
    shares = [
        (size.filter(pl.col("language") == language).sum() / size.sum()).alias(_figure(language))
        for language in settings.shares
    ]
    return audited.documents.group_by("group").agg(shares).collect()


def _expectations(settings: LanguageMix) -> list[Expectation]:
    return within({_figure(language): bounds for language, bounds in settings.shares.items()})


def _figure(language: str) -> str:
    return f"{language}_share"


SUITE = Suite(LanguageMix, _measure, _expectations, "look at what the source holds now, and at its patterns in ingest")
