"""The `deduplicate` section: what says the same thing twice, whole documents and parts of them."""

from dataclasses import dataclass
from typing import Literal, Optional

from model_factory.cards.section import STRICT, Bounded, Count, Fraction


@dataclass(frozen=True)
class NearDuplicates:
    """MinHash-LSH over token n-grams: `num_bands` × `band_rows` hashes propose pairs, and a pair counts
    only if its exact Jaccard similarity reaches `threshold`."""

    __pydantic_config__ = STRICT

    ngram: Count
    num_bands: Count
    band_rows: Count
    threshold: Fraction


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


@dataclass(frozen=True)
class Deduplicate(Bounded):
    """Equal texts are always found; `near` says what is nearly equal, `url` which addresses are one page. These pairs
    are found among all documents, whatever a filter says of them, and one of each is left out. `passages` and
    `substrings` are cut out of texts before anything is measured. What is null is not looked for."""

    near: NearDuplicates
    url: Optional[UrlDuplicates] = None
    passages: Optional[RepeatedPassages] = None
    substrings: Optional[RepeatedSubstrings] = None

    @property
    def repeats(self) -> "Repeats":
        return Repeats(self.seed, self.code, self.passages, self.substrings, memory_bytes=self.memory_bytes)


@dataclass(frozen=True)
class Repeats(Bounded):
    """The part of `deduplicate` that changes texts: where only the rest of it changes, no text is cut anew."""

    passages: Optional[RepeatedPassages] = None
    substrings: Optional[RepeatedSubstrings] = None
