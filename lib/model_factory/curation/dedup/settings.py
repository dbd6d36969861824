"""The settings of the kinds of deduplication beside near duplicates, as a card has them."""

from dataclasses import dataclass
from typing import Literal

from model_factory.cards.section import STRICT, Count


@dataclass(frozen=True)
class UrlDuplicates:
    """URLs that differ only in scheme, case of the host, default port, fragment, trailing slash, order of the query
    or one of the `ignored_parameters` of the query (a name, or the start of names before a `*`) are one page."""

    __pydantic_config__ = STRICT

    ignored_parameters: list[str]


@dataclass(frozen=True)
class RepeatedPassages:
    """Of every line or paragraph (lines between blank ones) of `min_chars` or more only the first occurrence stays."""

    __pydantic_config__ = STRICT

    unit: Literal["line", "paragraph"]
    min_chars: Count


@dataclass(frozen=True)
class RepeatedSubstrings:
    """Of every run of `min_words` or more equal words only the first occurrence stays."""

    __pydantic_config__ = STRICT

    min_words: Count
