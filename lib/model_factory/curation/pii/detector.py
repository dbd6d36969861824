"""What a detector is: a cheap suspicion over all documents, and exact spans in those it suspects."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

Parameters = Mapping[str, float]
Span = tuple[int, int]


@dataclass(frozen=True)
class Detector:
    """`suspect` is a regular expression for polars that matches every text in which `find` could find
    something; `find` gives the spans (first character, end) to be replaced by `placeholder`. It is given one
    suspected line after the other, as `re` over whole texts takes 20 times as long, or the whole text
    where `across_lines`.

    `parameters` are the names that the card must set, all of them; `version` moves whenever the same text
    could give other spans.
    """

    version: str
    placeholder: str
    suspect: str
    find: Callable[[str, Parameters], Iterable[Span]]
    parameters: tuple[str, ...] = ()
    across_lines: bool = False
