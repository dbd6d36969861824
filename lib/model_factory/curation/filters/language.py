"""Prose in one of the card's languages, as py3langid tells it.

Identifier: langid (Lui and Baldwin 2012) with its model in the wheel, 97 languages. `languages` lists ISO 639-1 codes;
measured is the probability of the most likely of them among all languages. Published bound: min_probability 0.65
(FineWeb). Read are the first `max_chars` characters, which tell a language as well as all of them.
"""

from functools import lru_cache
from typing import Any

import polars as pl

from model_factory.cards.errors import CardError
from model_factory.curation.filters.rule import Filter, Rule, Settings
from model_factory.curation.registry import suggest


@lru_cache(maxsize=1)
def _identifier() -> Any:
    from py3langid.langid import MODEL_FILE, LanguageIdentifier  # takes half a second: only where a card asks for it

    return LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)


def probability(text: str, languages: tuple[str, ...]) -> float:
    """The probability that `text` is in the likeliest of `languages`; 0 for a text without letters."""
    if not any(character.isalpha() for character in text):
        return 0.0
    return max(float(found) for language, found in _identifier().rank(text) if language in languages)


def _measure(documents: pl.DataFrame, parameters: Settings) -> pl.DataFrame:
    languages = tuple(parameters["languages"])
    for language in languages:
        if language not in _identifier().labels:
            known = suggest(language, _identifier().labels)
            raise CardError(f"curate.filters.language.languages: {language!r} is no language py3langid knows; {known}")
    heads = documents["text"].str.slice(0, int(parameters["max_chars"]))
    return pl.DataFrame({"language": [probability(text, languages) for text in heads]})


FILTER = Filter(
    "1+py3langid0.4",
    (Rule("language", "at_least", "min_probability"),),
    _measure,
    parameters=("languages", "max_chars"),
    language="text",
)
