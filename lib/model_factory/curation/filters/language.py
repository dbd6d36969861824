"""Prose in one of the card's languages, as py3langid tells it.

Identifier: langid (Lui and Baldwin 2012) with its model in the wheel, 97 languages. `languages` lists ISO 639-1 codes;
measured is the probability of the most likely of them among all languages, 0 for a text without letters. Published
bound: min_probability 0.65 (FineWeb). Read are the first `max_chars` characters, which tell a language as well as all
of them.
"""

import numpy as np
import polars as pl

from model_factory.cards.errors import CardError
from model_factory.curation.filters.batch import Batch
from model_factory.curation.filters.languages import labels, probabilities
from model_factory.curation.filters.rule import Filter, Rule, Settings
from model_factory.curation.registry import suggest


def _measure(documents: Batch, parameters: Settings) -> pl.DataFrame:
    languages, known = list(parameters["languages"]), labels()
    for language in languages:
        if language not in known:
            raise CardError(
                f"curate.filters.language.languages: {language!r} is no language py3langid knows; "
                f"{suggest(language, known)}"
            )
    heads = documents["text"].str.slice(0, int(parameters["max_chars"])).to_list()
    speaks = [any(map(str.isalpha, text)) for text in heads]
    return pl.DataFrame({"language": np.where(speaks, probabilities(heads, languages), 0.0)})


FILTER = Filter(
    "2+py3langid0.4",
    (Rule("language", "at_least", "min_probability"),),
    _measure,
    parameters=("languages", "max_chars"),
    language="text",
)
