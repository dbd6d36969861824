"""One raw file, found but not yet read."""

from dataclasses import dataclass
from typing import Literal

from model_factory.curation.sources.location import Location

Format = Literal["text", "metadata", "html", "jsonl", "csv", "parquet", "arrow", "warc", "zip"]

# In these a file is one document, so that the limit on a document is a limit on the file.
SINGLE_DOCUMENT: frozenset[Format] = frozenset({"text", "metadata", "html"})
PACKED = (".gz", ".zst")

_SUFFIXES: tuple[tuple[tuple[str, ...], Format], ...] = (
    ((".jsonl", ".ndjson"), "jsonl"),
    ((".csv", ".tsv"), "csv"),
    ((".html", ".htm", ".xhtml"), "html"),
    ((".warc", ".wet"), "warc"),
    ((".parquet",), "parquet"),
    ((".arrow",), "arrow"),
    ((".zip",), "zip"),
)


@dataclass(frozen=True)
class RawFile:
    """`path` is logical: relative to the source, the same on every machine. `location` is where it lies
    here and never reaches a table. `origin` names what published the file ("rich==14.1.0"), `licence`
    an SPDX expression as far as it is declared; `text_column` and `url_column` count for tabular formats,
    `main_content` for HTML."""

    source: str
    path: str
    location: Location
    format: Format
    licence: str
    origin: str
    language: str
    text_column: str = "text"
    url_column: str = ""
    main_content: bool = True


def format_of(path: str) -> Format:
    """How a file is read, by its suffix below .gz and .zst; whatever is not known is plain text."""
    bare = path.lower()
    for packed in PACKED:
        bare = bare.removesuffix(packed)
    for suffixes, name in _SUFFIXES:
        if bare.endswith(suffixes):
            return name
    return "text"


def language_of(path: str) -> str:
    """ "python" by its suffix, else "text"."""
    return "python" if path.endswith((".py", ".pyi")) else "text"
