"""The `ingest` section: which raw files come in."""

from dataclasses import dataclass, field

from model_factory.cards.section import STRICT, Count, Section


@dataclass(frozen=True)
class Source:
    """One entry of `ingest.sources`.

    `kind` names a reader in the source registry (`python_stdlib`, `distribution_docs`,
    `distribution_sources`, `files`); `name` is what the blend and the reports call it; `licence` is
    an SPDX expression or "declared" where each file's own is looked up. `path` is a folder, file or
    glob for `files`; `packages` the allow-list for `distribution_sources`; `text_column` the column
    of tabular files that holds the text.
    """

    __pydantic_config__ = STRICT

    name: str
    kind: str
    licence: str
    path: str = ""
    packages: list[str] = field(default_factory=list)
    text_column: str = "text"


@dataclass(frozen=True)
class Ingest(Section):
    """Raw files to documents. Sizes in bytes; files beyond them go to scrap with a reason."""

    sources: list[Source]
    max_total_bytes: Count
    max_document_bytes: Count
