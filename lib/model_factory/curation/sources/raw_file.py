"""One raw file, found but not yet read."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

Format = Literal["text", "metadata", "jsonl", "parquet"]

# In these a file is one document, so that the limit on a document is a limit on the file.
SINGLE_DOCUMENT: frozenset[Format] = frozenset({"text", "metadata"})


@dataclass(frozen=True)
class RawFile:
    """`path` is logical: relative to the source, the same on every machine. `location` is where it lies
    here and never reaches a table. `origin` names what published the file ("rich==14.1.0"), `licence`
    an SPDX expression as far as it is declared; `text_column` counts for `jsonl` and `parquet` only."""

    source: str
    path: str
    location: Path
    format: Format
    licence: str
    origin: str
    language: str
    text_column: str = "text"


def language_of(path: str) -> str:
    """ "python" by its suffix, else "text"."""
    return "python" if path.endswith((".py", ".pyi")) else "text"
